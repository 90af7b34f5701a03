package compose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// Format is the version of the format that Save writes. Load reads every minor
// version of the same major one.
const Format = "outcore.model/1.0"

// A document is model.json.
type document struct {
	Format   string    `json:"format"`
	Pipeline string    `json:"pipeline"`
	Steps    []stepDoc `json:"steps"`
	Input    columns   `json:"input"`
	Output   columns   `json:"output"`
	Target   Target    `json:"target"`
	Classes  []string  `json:"classes,omitempty"`
	Training Training  `json:"training"`
	Data     []Data    `json:"data,omitempty"`
	Lineage  Lineage   `json:"lineage"`
	Extra    Extra     `json:"-"`
}

// A stepDoc is one step: how it was made, and what it learned.
type stepDoc struct {
	Step    string          `json:"step"`
	Params  map[string]any  `json:"params,omitempty"`
	Implied bool            `json:"implied,omitempty"` // not in the pipeline's text
	Fitted  bool            `json:"fitted,omitempty"`  // of steps that see all rows first
	Config  json.RawMessage `json:"config,omitempty"`
	Arrays  []arrayDoc      `json:"arrays,omitempty"`
	Extra   Extra           `json:"-"`
}

// An arrayDoc is one array and its file.
type arrayDoc struct {
	Name   string     `json:"name"`
	File   string     `json:"file"`
	Type   dtype.Type `json:"type"`
	Shape  []int      `json:"shape"`
	Bytes  int64      `json:"bytes"`
	SHA256 string     `json:"sha256"`
}

func (d document) MarshalJSON() ([]byte, error) {
	type plain document
	return marshalOpen(plain(d), d.Extra)
}

func (d *document) UnmarshalJSON(b []byte) (err error) {
	type plain document
	d.Extra, err = unmarshalOpen(b, (*plain)(d))
	return err
}

func (s stepDoc) MarshalJSON() ([]byte, error) {
	type plain stepDoc
	return marshalOpen(plain(s), s.Extra)
}

func (s *stepDoc) UnmarshalJSON(b []byte) (err error) {
	type plain stepDoc
	s.Extra, err = unmarshalOpen(b, (*plain)(s))
	return err
}

// A file is an array's bytes under its name.
type file struct {
	name string
	data []byte
}

// suffix is the end of the name of a file of type t: f64, i32, u8, bool.
func suffix(t dtype.Type) string {
	return strings.NewReplacer("float", "f", "uint", "u", "int", "i").Replace(t.String())
}

// describe gives the documents of the steps of p, and the files they name:
// each once, over the steps' memory.
func (p *Pipeline) describe() ([]stepDoc, []file, error) {
	var docs []stepDoc
	var files []file
	seen := map[string]bool{}
	for i := range p.stages {
		s := &p.stages[i]
		_, exact := s.step.(ml.Exact)
		d := stepDoc{Step: s.spec.Name, Params: s.decl.Params, Implied: s.hidden, Fitted: exact && s.fitted}
		config, arrays := s.step.Save()
		if config != nil {
			raw, err := json.Marshal(config)
			if err != nil {
				return nil, nil, errs.New(errs.Invalid, "%s: what it learned cannot be stored: %w", s.spec.Name, err)
			}
			d.Config = raw
		}
		for _, a := range arrays {
			sum := sha256.Sum256(a.Data)
			hash := hex.EncodeToString(sum[:])
			doc := arrayDoc{
				Name: a.Name, File: fmt.Sprintf("%s-%s.%s", a.Name, hash[:16], suffix(a.Type)),
				Type: a.Type, Shape: a.Shape, Bytes: int64(len(a.Data)), SHA256: hash,
			}
			if doc.check() != nil {
				panic(fmt.Sprintf("compose: step %s gave the array %+v", s.spec.Name, doc))
			}
			d.Arrays = append(d.Arrays, doc)
			if !seen[doc.File] {
				seen[doc.File] = true
				files = append(files, file{doc.File, a.Data})
			}
		}
		docs = append(docs, d)
	}
	return docs, files, nil
}

// encode gives model.json and the other files of m.
func (m *Model) encode() ([]byte, []file, error) {
	p := m.Pipeline
	if !p.Fitted() {
		return nil, nil, ml.ErrNotFitted
	}
	steps, files, err := p.describe()
	if err != nil {
		return nil, nil, err
	}
	for i := range steps {
		if i < len(m.steps) {
			steps[i].Extra = m.steps[i]
		}
	}
	out, err := p.Output()
	if err != nil {
		return nil, nil, err
	}
	doc := document{
		Format: Format, Pipeline: p.String(), Steps: steps, Input: columns(p.in), Output: columns(out),
		Target: m.Target, Classes: p.Classes(), Training: m.Training, Data: m.Data, Lineage: m.Lineage, Extra: m.Extra,
	}
	b, err := indent(doc)
	return b, files, err
}

// indent writes v as JSON for reading, with a line feed at the end.
func indent(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, errs.New(errs.Invalid, "the model cannot be stored: %w", err)
	}
	return b.Bytes(), nil
}

// Digest is the sha256 of model.json, in hexadecimal. Since that file has the
// sha256 of every other, equal digests mean equal models, byte for byte.
func (m *Model) Digest() (string, error) {
	b, _, err := m.encode()
	return digest(b), err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// check reports what is wrong in a by itself.
func (a *arrayDoc) check() error {
	ok := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
	}
	if a.Name == "" || a.Name[0] == '.' || len(a.Name) > 100 || strings.ContainsFunc(a.Name, func(c rune) bool { return !ok(c) }) {
		return fmt.Errorf("name: found %q, expected letters, digits, '_', '.' and '-'", a.Name)
	}
	if !a.Type.Valid() {
		return errors.New("type: missing")
	}
	if len(a.SHA256) != 64 || strings.Trim(a.SHA256, "0123456789abcdef") != "" {
		return fmt.Errorf("sha256: found %q, expected 64 hexadecimal digits", a.SHA256)
	}
	if want := fmt.Sprintf("%s-%s.%s", a.Name, a.SHA256[:16], suffix(a.Type)); a.File != want {
		return fmt.Errorf("file: found %q, expected %s", a.File, want)
	}
	if len(a.Shape) == 0 || len(a.Shape) > 8 {
		return fmt.Errorf("shape: found %d dimensions, expected 1 to 8", len(a.Shape))
	}
	size := int64(a.Type.Size())
	for _, n := range a.Shape {
		if n < 0 || n > 0 && size > maxArray/int64(n) {
			return fmt.Errorf("shape: found %v, expected at most %d bytes", a.Shape, int64(maxArray))
		}
		size *= int64(n)
	}
	if size != a.Bytes {
		return fmt.Errorf("bytes: found %d, expected %d for %v %v", a.Bytes, size, a.Type, a.Shape)
	}
	return nil
}

// maxArray is the most bytes of one array: 2^40, more than any memory.
const maxArray = 1 << 40

// load gives the stage what it learned.
func (s *stage) load(d *stepDoc, read func(*arrayDoc) ([]byte, error)) error {
	var arrays []dtype.Named
	for j := range d.Arrays {
		a := &d.Arrays[j]
		data, err := read(a)
		if err != nil {
			return err
		}
		arrays = append(arrays, dtype.Named{Name: a.Name, Type: a.Type, Shape: a.Shape, Data: data})
	}
	if err := s.step.Load(d.Config, arrays); err != nil {
		return err
	}
	if _, exact := s.step.(ml.Exact); exact {
		s.fitted = d.Fitted
	}
	return nil
}

// restore loads the steps of p, whose input is in, from docs that fit them.
// where names the place of step i in errors.
func (p *Pipeline) restore(in feature.Schema, docs []stepDoc, read func(*arrayDoc) ([]byte, error), where func(int, error) error) error {
	p.in = in
	cur, known := in, true
	for i := range p.stages {
		s := &p.stages[i]
		s.in, s.entered, s.bound = cur, known, false
		t, transforms := s.step.(ml.Transformer)
		if transforms && known { // a step may look at its columns when it loads
			_, err := t.Bind(cur)
			if err != nil && !errors.Is(err, ml.ErrNotFitted) {
				return where(i, err)
			}
			s.grows = err != nil
		}
		if err := s.load(&docs[i], read); err != nil {
			return where(i, err)
		}
		if !transforms {
			s.bound = known
			continue
		}
		if !known {
			continue
		}
		out, err := t.Bind(cur)
		if errors.Is(err, ml.ErrNotFitted) {
			known = false
			continue
		}
		if err != nil {
			return where(i, err)
		}
		s.out, s.bound, cur = out, true, out
	}
	return nil
}
