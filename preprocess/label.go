package preprocess

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// LabelParams are the parameters of label-encoder.
type LabelParams struct {
	MaxClasses int `json:"max_classes"`
}

func init() {
	ml.Register(spec(ml.Spec{
		Name: "label-encoder", Doc: "Learns the classes of the target and turns it into class numbers: text by bytes, numbers by size.",
		Role: ml.Transform, Kind: ml.KindExact,
		Params: []ml.Param{{Name: "max_classes", Default: 1000, Doc: "more different values than this are not classes"}},
	}, LabelParams{MaxClasses: 1000}, NewLabelEncoder))
}

// A LabelEncoder is label-encoder. It leaves the columns alone and makes Y of
// the target: class i is the i-th of Classes. When every label reads as a
// number, classes are in the order of the numbers. Frames without a target
// pass as they are. A label that is none of the classes becomes -1: no
// prediction is right about it, and no learner takes it.
type LabelEncoder struct {
	p       LabelParams
	labels  *tally // nil before the first block
	classes []string
	text    map[string]float64
	number  map[float64]float64
}

var _ ml.Exact = (*LabelEncoder)(nil)

// NewLabelEncoder makes an encoder.
func NewLabelEncoder(p LabelParams) (*LabelEncoder, error) {
	if p.MaxClasses < 2 {
		return nil, errs.New(errs.Invalid, "label-encoder: found max_classes=%d, expected 2 or more", p.MaxClasses)
	}
	return &LabelEncoder{p: p}, nil
}

// Bind leaves the schema as it is.
func (l *LabelEncoder) Bind(in feature.Schema) (feature.Schema, error) { return in, nil }

// Part counts the labels of a block: the text of Label, or else the numbers of Y.
func (l *LabelEncoder) Part(f *feature.Frame) (ml.Part, error) {
	var t *tally
	switch {
	case f.Label != nil:
		t = newTally(feature.Text)
		t.addText(f.Label, f.N)
	case f.Y != nil:
		t = newTally(feature.Number)
		t.addNumbers(f.Y)
	default:
		return nil, errs.New(errs.Invalid, "label-encoder: the data has no target").WithFix("name the target column: --target COLUMN")
	}
	return t, nil
}

// Merge adds the labels of the next block.
func (l *LabelEncoder) Merge(p ml.Part) error {
	t := p.(*tally)
	if l.labels == nil {
		l.labels = newTally(kindOf(t))
	}
	if l.labels.numeric != t.numeric {
		return errs.New(errs.Invalid, "label-encoder: the target is text in some rows and numbers in others")
	}
	l.labels.merge(t)
	if n := len(l.labels.text) + len(l.labels.number); n > l.p.MaxClasses {
		return errs.New(errs.Invalid, "label-encoder: the target has more than %d different values, so it is no class", l.p.MaxClasses).
			WithFix("use a regressor, or label-encoder(max_classes=N)")
	}
	return nil
}

func kindOf(t *tally) feature.Kind {
	if t.numeric {
		return feature.Number
	}
	return feature.Text
}

// Finish fixes the classes. Fewer than two are errs.Invalid.
func (l *LabelEncoder) Finish() error {
	if l.labels == nil {
		return errs.New(errs.Invalid, "label-encoder: there was no row to learn the classes from")
	}
	values := l.labels.values()
	switch len(values) {
	case 0:
		return errs.New(errs.Invalid, "label-encoder: the target has no value in any row")
	case 1:
		return errs.New(errs.Invalid, "label-encoder: the target is %q in every row, expected 2 classes or more", values[0].text).
			WithFix("check --target; or, if the data are to have others later, --classes %s,OTHER", values[0].text)
	}
	l.encode(values)
	return nil
}

func (l *LabelEncoder) encode(values []value) {
	if !l.labels.numeric {
		byNumber(values)
	}
	l.classes, l.text, l.number = nil, nil, nil
	if l.labels.numeric {
		l.number = make(map[float64]float64)
	} else {
		l.text = make(map[string]float64)
	}
	for i, v := range values {
		l.classes = append(l.classes, v.text)
		if l.labels.numeric {
			l.number[v.number] = float64(i)
		} else {
			l.text[v.text] = float64(i)
		}
	}
}

// byNumber sorts text that is all numbers by their size, equals by their bytes.
func byNumber(values []value) {
	for i := range values {
		x, err := strconv.ParseFloat(values[i].text, 64)
		if err != nil || x != x {
			return
		}
		values[i].number = x
	}
	slices.SortStableFunc(values, func(a, b value) int {
		switch {
		case a.number < b.number:
			return -1
		case a.number > b.number:
			return 1
		}
		return 0
	})
}

// Classes gives the classes by number; nil before Finish.
func (l *LabelEncoder) Classes() []string { return l.classes }

// Transform makes Y of the target. A label that was not there when fitting is
// -1, and then Label says what the labels are. A missing one is errs.Invalid.
func (l *LabelEncoder) Transform(src *feature.Frame, s *ml.Scratch) (*feature.Frame, error) {
	if l.classes == nil {
		return nil, ml.ErrNotFitted
	}
	if src.Label == nil && src.Y == nil {
		return src, nil
	}
	if src.Label != nil && l.text == nil || src.Label == nil && l.number == nil {
		return nil, errs.New(errs.Invalid, "label-encoder: the target is not of the kind (text or number) it was fitted on")
	}
	f := share(src)
	f.Label = nil
	f.Y = s.Floats(src.N)
	unseen := false
	for i := range f.Y {
		var there, ok bool
		if src.Label != nil {
			var v []byte
			v, there = src.Label.At(i)
			f.Y[i], ok = l.text[string(v)]
		} else {
			f.Y[i], ok = l.number[src.Y[i]]
			there = src.Y[i] == src.Y[i]
		}
		if !there {
			return nil, errs.New(errs.Invalid, "label-encoder: found no value, expected one of the %d classes %.10q", len(l.classes), l.classes[:min(len(l.classes), 10)]).
				At(position(src, i, "target"))
		}
		if !ok {
			f.Y[i], unseen = -1, true
		}
	}
	if unseen {
		f.Label = src.Label
		if f.Label == nil {
			f.Label = printedColumn(src.Y)
		}
	}
	return f, nil
}

// printedColumn is numbers as text.
func printedColumn(values []float64) *feature.TextColumn {
	c := &feature.TextColumn{Offsets: []int32{0}}
	for _, v := range values {
		c.Bytes = append(c.Bytes, printed(v)...)
		c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
	}
	return c
}

// Save gives the labels counted.
func (l *LabelEncoder) Save() (any, []dtype.Named) {
	c := tallyConfig{Counted: l.labels != nil, Finished: l.classes != nil}
	if l.labels == nil {
		return c, nil
	}
	c.Columns, c.Kinds = []string{"target"}, []feature.Kind{kindOf(l.labels)}
	return c, l.labels.save(prefix(0))
}

// Load puts back what Save gave.
func (l *LabelEncoder) Load(config json.RawMessage, arrays []dtype.Named) error {
	var c tallyConfig
	if err := ml.Config(config, &c); err != nil {
		return err
	}
	fresh := LabelEncoder{p: l.p}
	if c.Counted {
		if len(c.Kinds) != 1 {
			return errs.New(errs.Corrupt, "label-encoder: saved with %d targets", len(c.Kinds))
		}
		var err error
		if fresh.labels, err = loadTally(ml.State(arrays), prefix(0), c.Kinds[0]); err != nil {
			return err
		}
		if values := fresh.labels.values(); c.Finished {
			if len(values) < 2 {
				return errs.New(errs.Corrupt, "label-encoder: saved with %d classes", len(values))
			}
			fresh.encode(values)
		}
	}
	*l = fresh
	return nil
}
