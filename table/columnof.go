package table

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// A Column is the arrays that hold one column of a table.
type Column struct {
	Table string // path of the table
	Field source.Field
	Array *zarr.Array // Field.Kind says how to read it
	Valid *zarr.Array // which rows are there; nil when all are
}

// ColumnOf finds the column whose array is at path; nil when the node there is no
// column of a table.
func ColumnOf(ctx context.Context, s zarr.Store, path string) (*Column, error) {
	at := strings.LastIndexByte(path, '/')
	if at < 0 || path == "/" {
		return nil, nil
	}
	group := path[:at]
	if group == "" {
		group = "/"
	}
	a, err := readAttribute(ctx, s, group)
	if errors.Is(err, errs.NotFound) || err == nil && (a == nil || a.Format != TableFormat) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(a.Columns, &names); err != nil {
		return nil, errs.New(errs.Corrupt, "the columns of the table: %w", err).At(errs.Position{File: group})
	}
	i := slices.IndexFunc(names, func(name string) bool { return arrayName(name) == path[at+1:] })
	if i < 0 {
		return nil, nil
	}
	t := &Table{store: s, path: group, schema: &source.Schema{}}
	if err := t.open(ctx, names[i]); err != nil {
		return nil, inColumn(err, group, names[i])
	}
	c := t.columns[0]
	return &Column{Table: group, Field: c.field, Array: c.array, Valid: c.valid}, nil
}
