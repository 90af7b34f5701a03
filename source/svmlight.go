package source

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
)

func init() { register("svmlight", openSVMLight) }

// svmlight is rows of "label index:value …", indices rising, with comments
// behind # and an optional qid:n, which is left out.
type svmlight struct {
	opt   Options
	width int
	base  int // of the first index in the text: 0 or 1
	dtype dtype.Type
}

var _ grammar = (*svmlight)(nil)

func openSVMLight(ctx context.Context, files []*handle, opt Options) (Dataset, error) {
	g := &svmlight{opt: opt, width: opt.Features, base: 1, dtype: opt.DType}
	if g.dtype == 0 {
		g.dtype = dtype.Float64
	}
	if g.dtype == dtype.Bool {
		return nil, errs.New(errs.Unsupported, "svmlight is not read as bool").WithFix("--dtype uint8")
	}
	if opt.ZeroBased == Yes {
		g.base = 0
	}
	t := &text{grammar: g, files: files, opt: opt}
	if err := g.measure(ctx, t); err != nil {
		return nil, err
	}
	if opt.Dense && opt.DenseMost > 0 {
		ratio, err := g.spread(ctx, files)
		if err != nil {
			return nil, err
		}
		opt.Dense = ratio <= opt.DenseMost
		g.opt, t.opt = opt, opt
	}
	// Dense rows take at most four times the text. Of sparse ones labels and row
	// starts take at most as much as the text, and pairs of four bytes or more
	// (" 1:1") an index and a value each.
	perRow, decoded := 16, opt.SegmentBytes
	if opt.Dense {
		perRow, decoded = 8+g.width*g.dtype.Size(), 4*opt.SegmentBytes
	}
	decoded = max(decoded, perRow)
	t.maxRows = max(1, decoded/perRow)
	if !opt.Dense {
		decoded += opt.SegmentBytes / 4 * (4 + g.dtype.Size())
	}
	t.cost = slabbed(opt.SegmentBytes + decoded)
	t.pool = newBuffers(opt.Memory, max(opt.SegmentBytes, decoded)+4096)
	t.schema = numbered(g.width, g.dtype)
	t.schema.Sparse, t.schema.Labels = !opt.Dense, true
	return t, nil
}

// spread is how many times more the first rows take dense than sparse.
func (g *svmlight) spread(ctx context.Context, files []*handle) (float64, error) {
	for _, h := range files {
		head, _, err := h.head(ctx, sampleBytes, g.opt)
		if err != nil {
			return 0, err
		}
		if w := g.walk(head, len(head)); w.rows > 0 {
			return DenseRatio(int64(w.rows), int64(g.width), int64(bytes.Count(head[:w.end], []byte{':'})), g.dtype), nil
		}
	}
	return 0, nil
}

// DenseRatio is how many times more rows × cols values take dense than as a CSR
// block with nnz values.
func DenseRatio(rows, cols, nnz int64, t dtype.Type) float64 {
	size := float64(t.Size())
	return float64(rows) * float64(cols) * size / (float64(nnz)*(size+4) + 8*float64(rows+1))
}

// numbered is the schema of width columns f0, f1, ….
func numbered(width int, ty dtype.Type) *Schema {
	s := &Schema{Fields: make([]Field, width)}
	var all []byte // names behind each other: one text, of which each is a part
	ends := make([]int, width)
	for j := range ends {
		all = strconv.AppendInt(append(all, 'f'), int64(j), 10)
		ends[j] = len(all)
	}
	names, lo := string(all), 0
	for j, hi := range ends {
		s.Fields[j] = Field{Name: names[lo:hi], Kind: Number, Type: ty}
		lo = hi
	}
	return s
}

// measure finds the width and the first index where opt leaves them open.
func (g *svmlight) measure(ctx context.Context, t *text) error {
	if g.opt.Features > 0 {
		if g.opt.ZeroBased != Auto {
			return nil
		}
		head, all, err := t.files[0].head(ctx, sampleBytes, g.opt)
		if err != nil {
			return err
		}
		if all && len(head) > 0 {
			head = append(bytes.Clone(head), '\n')
		}
		if end := bytes.LastIndexByte(head, '\n'); end >= 0 {
			if ext := extentOf(head[:end+1]); ext.pairs && ext.min == 0 {
				g.base = 0
			}
		}
		return nil
	}
	for _, h := range t.files {
		if h.stdin != nil {
			return errs.New(errs.Invalid, "the width of svmlight from standard input cannot be found by a pass over it").
				At(errs.Position{File: "-"}).WithFix("--features N")
		}
	}
	g.opt.Events.Send(event.Event{Kind: event.Start, Step: "find the width", Total: totalSize(t.files), Unit: "bytes",
		Message: "one pass over the data finds its width; --features N saves it"})
	ext, err := scanExtent(ctx, t)
	if err != nil {
		return err
	}
	if g.opt.ZeroBased == Auto && ext.pairs && ext.min == 0 {
		g.base = 0
	}
	g.width = int(ext.max) + 1 - g.base
	if !ext.pairs {
		g.width = 0
	}
	if g.width < 1 || g.width > 1<<31-1 {
		return errs.New(errs.Invalid, "found no width: the largest index is %d", ext.max).
			At(errs.Position{File: t.files[0].Address}).WithFix("--features N")
	}
	g.opt.Events.Send(event.Event{Kind: event.End, Step: "find the width",
		Message: fmt.Sprintf("%d features, counted from %d", g.width, g.base)})
	return nil
}

func totalSize(files []*handle) (n int64) {
	for _, h := range files {
		n += max(h.Size, 0)
	}
	return n
}

// begin skips a byte order mark.
func (g *svmlight) begin(h *handle, b []byte, all bool) (int, int64, bool, error) {
	return byteOrderMark(h, b, all)
}

// byteOrderMark finds the mark of UTF-8, and refuses those of UTF-16.
func byteOrderMark(h *handle, b []byte, all bool) (skip int, lines int64, more bool, err error) {
	if len(b) < 3 && !all {
		return 0, 0, true, nil
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return 0, 0, false, errs.New(errs.Unsupported, "the text is UTF-16, expected UTF-8").
			At(errs.Position{File: h.Address, Line: 1}).WithFix("iconv -f UTF-16 -t UTF-8 %s > utf8.txt", h.Address)
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return 3, 0, false, nil
	}
	return 0, 0, false, nil
}

// walk counts the lines that hold more than space and a comment.
func (g *svmlight) walk(b []byte, limit int) (w walked) {
	i := 0
	lines := 0
	for w.rows < limit {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			break
		}
		lines++
		row := b[i] > '#' // most rows begin with a digit
		if !row {
			line := bytes.TrimLeft(b[i:i+j], " \t\r\v\f")
			row = len(line) > 0 && line[0] != '#'
		}
		i += j + 1
		if row {
			w.rows++
			w.end, w.lines = i, lines
		}
		w.blankEnd, w.blanks = i, lines
	}
	return w
}

// decode parses s into blocks of the type asked for.
func (g *svmlight) decode(s *textSegment) (*Batch, error) {
	switch g.dtype {
	case dtype.Float32:
		return parseSVMLight[float32](g, s)
	case dtype.Float64:
		return parseSVMLight[float64](g, s)
	case dtype.Int8:
		return parseSVMLight[int8](g, s)
	case dtype.Int16:
		return parseSVMLight[int16](g, s)
	case dtype.Int32:
		return parseSVMLight[int32](g, s)
	case dtype.Int64:
		return parseSVMLight[int64](g, s)
	case dtype.Uint8:
		return parseSVMLight[uint8](g, s)
	case dtype.Uint16:
		return parseSVMLight[uint16](g, s)
	case dtype.Uint32:
		return parseSVMLight[uint32](g, s)
	}
	return parseSVMLight[uint64](g, s)
}
