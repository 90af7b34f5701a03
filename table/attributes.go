package table

import (
	"context"
	"encoding/json"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// The formats of groups.
const (
	TableFormat  = "outcore.table/v1"
	MatrixFormat = "outcore.matrix/v1"
	SparseFormat = "outcore.sparse/v1"
)

// attributeName is the attribute of a group that says what it is.
const attributeName = "outcore"

// An attribute is its value.
type attribute struct {
	Format  string          `json:"format"`
	Columns json.RawMessage `json:"columns,omitempty"` // names, or of sparse rows their number
	Longest int64           `json:"longest,omitempty"` // most values of a sparse row
}

// FormatOf tells which of the formats a group with this zarr.json has; "" for
// none.
func FormatOf(doc []byte) string {
	m, err := zarr.ParseGroup(doc)
	if err != nil {
		return ""
	}
	var a attribute
	if json.Unmarshal(m.Attributes[attributeName], &a) != nil {
		return ""
	}
	return a.Format
}

// readAttribute gives what the group at path says of itself: nil when it says
// nothing, or is no group.
func readAttribute(ctx context.Context, s zarr.Store, path string) (*attribute, error) {
	doc, err := s.Metadata(ctx, path)
	if err != nil {
		return nil, err
	}
	if kind, err := zarr.NodeType(doc); err != nil || kind != "group" {
		return nil, err
	}
	m, err := zarr.ParseGroup(doc)
	if err != nil {
		return nil, err
	}
	raw, ok := m.Attributes[attributeName]
	if !ok {
		return nil, nil
	}
	var a attribute
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, errs.New(errs.Corrupt, "the attribute %q is not as docs/format/table.md says: %w", attributeName, err).At(errs.Position{File: path})
	}
	return &a, nil
}

// is checks that a is of one format.
func (a *attribute) is(format, path string) error {
	switch {
	case a == nil:
		return errs.New(errs.NotFound, "the node does not say that it is %s", format).At(errs.Position{File: path})
	case a.Format != format:
		return errs.New(errs.Unsupported, "found format %q, expected %q", a.Format, format).At(errs.Position{File: path})
	}
	return nil
}

// put makes a the group's attribute; other attributes stay.
func (a *attribute) put(ctx context.Context, s zarr.Store, path string) error {
	doc, err := s.Metadata(ctx, path)
	if err != nil {
		return err
	}
	m, err := zarr.ParseGroup(doc)
	if err != nil {
		return err
	}
	if m.Attributes == nil {
		m.Attributes = map[string]json.RawMessage{}
	}
	if m.Attributes[attributeName], err = json.Marshal(a); err != nil {
		return err
	}
	if doc, err = m.Marshal(); err != nil {
		return err
	}
	return s.SetMetadata(ctx, path, doc)
}

// create makes the group at path with a as its attribute.
func (a *attribute) create(ctx context.Context, s zarr.Store, path string) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return zarr.CreateGroup(ctx, s, path, &zarr.GroupMeta{Attributes: map[string]json.RawMessage{attributeName: raw}})
}
