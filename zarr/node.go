package zarr

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/outcore/outcore/errs"
)

// A GroupMeta is the zarr.json of a group. Consolidated metadata, a copy of what
// is below the group, is read over and not written again: the store's nodes are
// the truth.
type GroupMeta struct {
	Attributes map[string]json.RawMessage

	order []string
	extra []member
}

// ParseGroup reads zarr.json of a group.
func ParseGroup(doc []byte) (*GroupMeta, error) {
	members, err := parseObject(doc)
	if err != nil {
		return nil, inMeta("group", err)
	}
	m := &GroupMeta{}
	given := map[string]bool{}
	for _, f := range members {
		given[f.key] = true
		switch f.key {
		case "zarr_format":
			err = expect(f.value, "3")
		case "node_type":
			err = expect(f.value, `"group"`)
		case "attributes":
			m.Attributes, m.order, err = parseAttributes(f.value)
		case "consolidated_metadata":
		default:
			err = ignorable(f.value)
			m.extra = append(m.extra, f)
		}
		if err != nil {
			return nil, inMeta("group", errs.New(kindOf(err), "%q: %w", f.key, err))
		}
	}
	for _, key := range []string{"zarr_format", "node_type"} {
		if !given[key] {
			return nil, inMeta("group", errs.New(errs.Invalid, "%q is missing", key))
		}
	}
	return m, nil
}

// Marshal gives zarr.json.
func (m *GroupMeta) Marshal() ([]byte, error) {
	w := &jsonWriter{}
	w.open('{')
	w.key("attributes")
	if err := w.writeAttributes(m.Attributes, m.order); err != nil {
		return nil, inMeta("group", err)
	}
	w.end("group", m.extra, false)
	return w.b, nil
}

// NodeType tells "array" from "group" without parsing the rest.
func NodeType(doc []byte) (string, error) {
	var head struct {
		Format json.RawMessage `json:"zarr_format"`
		Type   string          `json:"node_type"`
	}
	if err := json.Unmarshal(quoteNames(doc), &head); err != nil {
		return "", errs.New(errs.Invalid, "zarr.json: no JSON: %w", err)
	}
	if string(head.Format) != "3" {
		return "", errs.New(errs.Unsupported, "zarr.json: zarr_format %s, expected 3", excerpt(head.Format))
	}
	if head.Type != "array" && head.Type != "group" {
		return "", errs.New(errs.Invalid, "zarr.json: node_type %q, expected array or group", head.Type)
	}
	return head.Type, nil
}

// end writes what arrays and groups have in common, and closes the document.
func (w *jsonWriter) end(node string, extra []member, transformers bool) {
	w.key("zarr_format")
	w.b = append(w.b, '3')
	w.key("node_type")
	w.text(node)
	if transformers {
		w.key("storage_transformers")
		w.open('[')
		w.close(']')
	}
	for _, f := range extra {
		w.key(f.key)
		_ = w.raw(f.value) // it was parsed
	}
	w.close('}')
}

// parseAttributes reads an object of user attributes; their values are kept as
// given, but for the bare NaN of Python, which is quoted.
func parseAttributes(value json.RawMessage) (map[string]json.RawMessage, []string, error) {
	members, err := parseObject(value)
	if err != nil {
		return nil, nil, err
	}
	all := make(map[string]json.RawMessage, len(members))
	order := make([]string, len(members))
	for i, f := range members {
		all[f.key], order[i] = f.value, f.key
	}
	return all, order, nil
}

// writeAttributes writes all: first those named in order, then others, sorted.
func (w *jsonWriter) writeAttributes(all map[string]json.RawMessage, order []string) error {
	keys := slices.DeleteFunc(slices.Clone(order), func(key string) bool {
		_, ok := all[key]
		return !ok
	})
	old := make(map[string]bool, len(keys))
	for _, key := range keys {
		old[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !old[key] {
			keys = append(keys, key)
		}
	}
	w.open('{')
	for _, key := range keys {
		w.key(key)
		if err := w.raw(all[key]); err != nil {
			return errs.New(errs.Invalid, "attribute %q: %w", key, err)
		}
	}
	w.close('}')
	return nil
}

// expect reports a value that is not the one text.
func expect(value json.RawMessage, text string) error {
	if string(value) != text {
		return errs.New(errs.Unsupported, "found %s, expected %s", excerpt(value), text)
	}
	return nil
}

// ignorable reports a value of an unknown key that has to be understood.
func ignorable(value json.RawMessage) error {
	var v struct {
		Must *bool `json:"must_understand"`
	}
	if decode(value, &v) != nil || v.Must == nil || *v.Must {
		return errs.New(errs.Unsupported, "unknown key")
	}
	return nil
}

// decodeList reads a list of whole numbers; null is none.
func decodeList(value json.RawMessage, list *[]uint64) error {
	if err := decode(value, list); err != nil || *list == nil {
		return errs.New(errs.Invalid, "found %s, expected a list of whole numbers", excerpt(value))
	}
	return nil
}

// kindOf is the kind of err, errs.Corrupt when it has none.
func kindOf(err error) errs.Kind {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return errs.Corrupt
}

func inMeta(node string, err error) error {
	return errs.New(kindOf(err), "zarr.json of %s: %w", map[string]string{"array": "an array", "group": "a group"}[node], err)
}
