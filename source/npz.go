package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func init() {
	register("npy", openArrays)
	register("npz", openArrays)
}

// arrays is a Dataset of numeric rows in .npy and .npz files, dense or sparse.
// The number of rows is known from the headers.
type arrays struct {
	parts  []*arrayPart
	files  []*handle // as Open resolved them
	opt    Options
	schema *Schema
	pool   *buffers
	stored dtype.Type // of the files
	out    dtype.Type // of the blocks
	cols   int
	rows   int64
	grid   int64 // segments end at its multiples
	cost   int64
}

var _ Dataset = (*arrays)(nil)

// dataName matches the data files of chunk: PREFIX00000_data.npz.
var dataName = regexp.MustCompile(`^(.*?)(\d{5,})_data\.npz$`)

// maxColumns bounds the width a header may claim before it costs memory.
const maxColumns = 1 << 22

const (
	dataSuffix   = "_data.npz"
	labelsSuffix = "_labels.npz"
)

// openArrays reads the headers of all files and pairs data with labels.
func openArrays(ctx context.Context, files []*handle, opt Options) (_ Dataset, err error) {
	if len(opt.Columns) > 0 {
		return nil, errs.New(errs.Unsupported, "columns of .npy and .npz files cannot be chosen while reading").WithFix("leave --columns out")
	}
	d := &arrays{files: files, opt: opt}
	for _, h := range files {
		if strings.HasSuffix(h.name(), labelsSuffix) && len(files) > 1 {
			continue // found again beside its data file
		}
		p, err := openPart(ctx, h)
		if err != nil {
			return nil, err
		}
		p.first, p.index = d.rows, len(d.parts)
		if err := d.agree(p); err != nil {
			return nil, err
		}
		d.parts = append(d.parts, p)
		d.rows += p.rows
	}
	if len(d.parts) == 0 {
		return nil, errs.New(errs.NotFound, "found files of labels only, expected data files (%s) beside them", dataSuffix).
			At(errs.Position{File: files[0].Address})
	}
	p := d.parts[0]
	d.cols, d.stored = int(p.cols()), p.values().Type
	if d.out = d.stored; opt.DType != 0 {
		d.out = opt.DType
	}
	if d.schema, err = d.makeSchema(ctx); err != nil {
		return nil, err
	}
	d.plan()
	d.pool = newBuffers(opt.Memory, int(min(d.cost, math.MaxInt)))
	return d, nil
}

// agree checks that p has the width, type and labels of the first part.
func (d *arrays) agree(p *arrayPart) error {
	if len(d.parts) == 0 {
		return nil
	}
	q := d.parts[0]
	var what string
	switch {
	case p.cols() != q.cols():
		what = fmt.Sprintf("%d columns, expected %d", p.cols(), q.cols())
	case p.values().Type != q.values().Type:
		what = fmt.Sprintf("elements of %v, expected %v", p.values().Type, q.values().Type)
	case (p.csr != nil) != (q.csr != nil):
		what = "dense and sparse rows"
	case (p.labels != nil) != (q.labels != nil):
		what = "labels for some files only"
	default:
		return nil
	}
	return errs.New(errs.Shape, "found %s as in %s", what, q.h.Address).At(errs.Position{File: p.h.Address}).
		WithFix("name files of one kind, or chunk each kind apart")
}

// makeSchema names the columns from the manifest of chunk where there is one.
func (d *arrays) makeSchema(ctx context.Context) (*Schema, error) {
	p := d.parts[0]
	s := numbered(d.cols, d.out)
	s.Sparse, s.Labels = p.csr != nil, p.labels != nil
	m := dataName.FindStringSubmatch(path.Base(p.h.key))
	if m == nil {
		return s, nil
	}
	name := m[1] + ".manifest.json"
	b, err := p.h.sibling(ctx, name, 64<<20)
	if errors.Is(err, errs.NotFound) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	at := errs.Position{File: path.Join(path.Dir(p.h.Address), name)}
	var manifest struct{ Schema Schema }
	if err := json.Unmarshal(b, &manifest); err != nil {
		return nil, errs.New(errs.Corrupt, "the manifest is not JSON as chunk writes it: %w", err).At(at).
			WithFix("name the data files themselves in another folder, or chunk again")
	}
	if n := len(manifest.Schema.Fields); n != 0 && n != d.cols {
		return nil, errs.New(errs.Corrupt, "the manifest names %d columns, the data has %d", n, d.cols).At(at)
	}
	for j, f := range manifest.Schema.Fields {
		s.Fields[j].Name = f.Name
	}
	return s, nil
}

// Files lists the files of data, then the files of labels.
func (d *arrays) Files() []File {
	var list []File
	for _, p := range d.parts {
		list = append(list, p.h.File)
	}
	for _, p := range d.parts {
		if p.beside != nil {
			list = append(list, p.beside.File)
		}
	}
	return list
}

// Schema names the columns.
func (d *arrays) Schema() *Schema { return d.schema }

// Rows is the number of rows.
func (d *arrays) Rows() int64 { return d.rows }

// Cost is the most bytes one segment holds.
func (d *arrays) Cost() int64 { return d.cost }

// Close closes the files.
func (d *arrays) Close() error { return closeAll(d.files) }
