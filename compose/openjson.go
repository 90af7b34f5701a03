package compose

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// marshalOpen writes the struct v as an object, and after its own keys those
// of extra, sorted.
func marshalOpen(v any, extra Extra) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || len(extra) == 0 {
		return b, err
	}
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(b, []byte("}")))
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(extra[key])
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// unmarshalOpen reads an object into the struct v points to, and gives the
// keys that it does not have.
func unmarshalOpen(b []byte, v any) (Extra, error) {
	if err := json.Unmarshal(b, v); err != nil {
		return nil, err
	}
	var extra Extra
	if err := json.Unmarshal(b, &extra); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		for key := range extra {
			if strings.EqualFold(key, name) { // as encoding/json matches
				delete(extra, key)
			}
		}
	}
	if len(extra) == 0 {
		return nil, nil
	}
	return extra, nil
}
