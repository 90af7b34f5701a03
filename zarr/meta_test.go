package zarr

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

const goodArray = `{"zarr_format": 3, "node_type": "array", "shape": [10, 4], "data_type": "float32",
"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [5, 4]}},
"chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}`

func TestParseArrayRefuses(t *testing.T) {
	if _, err := ParseArray([]byte(goodArray)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		old, new string
		kind     errs.Kind
		says     string
	}{
		"a format of tomorrow":           {`"zarr_format": 3`, `"zarr_format": 4`, errs.Unsupported, "zarr_format"},
		"a group":                        {`"array"`, `"group"`, errs.Unsupported, "node_type"},
		"a key it does not know":         {`"shape"`, `"mystery": 1, "shape"`, errs.Unsupported, "mystery"},
		"a key given twice":              {`"shape"`, `"shape": [1], "shape"`, errs.Invalid, "twice"},
		"a missing key":                  {`"fill_value": 0,`, ``, errs.Invalid, "fill_value"},
		"a negative length":              {`[10, 4]`, `[-10, 4]`, errs.Invalid, "shape"},
		"a length that is no integer":    {`[10, 4]`, `[1.5, 4]`, errs.Invalid, "shape"},
		"more elements than can be":      {`[10, 4]`, `[20000000000, 16000000000]`, errs.Unsupported, "shape"},
		"too many chunks":                {`[10, 4]`, `[1152921504606846976, 4]`, errs.Unsupported, "chunks"},
		"chunks larger than memory":      {`[5, 4]`, `[1152921504606846976, 4]`, errs.Unsupported, "chunk_grid"},
		"chunks of overflowing size":     {`[5, 4]`, `[4294967296, 4294967296]`, errs.Unsupported, "chunk_grid"},
		"chunks of no length":            {`[5, 4]`, `[0, 4]`, errs.Invalid, "chunk_grid"},
		"chunks of other dimensions":     {`[5, 4]`, `[5]`, errs.Invalid, "chunk_grid"},
		"a grid it does not know":        {`"regular"`, `"rectilinear"`, errs.Unsupported, "chunk_grid"},
		"a storage transformer":          {`"shape"`, `"storage_transformers": [{"name": "x"}], "shape"`, errs.Unsupported, "storage_transformers"},
		"names of other dimensions":      {`"shape"`, `"dimension_names": ["x"], "shape"`, errs.Invalid, "dimension_names"},
		"a fill value of another type":   {`"fill_value": 0`, `"fill_value": "x"`, errs.Invalid, "fill_value"},
		"a fill value of null":           {`"fill_value": 0`, `"fill_value": null`, errs.Invalid, "fill_value"},
		"a key encoding not known":       {`{"name": "default"}`, `{"name": "v9"}`, errs.Unsupported, "chunk_key_encoding"},
		"a separator not known":          {`{"name": "default"}`, `{"name": "default", "configuration": {"separator": "-"}}`, errs.Invalid, "separator"},
		"no codecs":                      {`[{"name": "bytes", "configuration": {"endian": "little"}}]`, `[]`, errs.Invalid, "codecs"},
		"a codec that is no object":      {`[{"name": "bytes", "configuration": {"endian": "little"}}]`, `[3]`, errs.Invalid, "codec"},
		"text behind the end":            {`"little"}}]}`, `"little"}}]} x`, errs.Invalid, "text after"},
		"a configuration of a plain":     {`"float32"`, `{"name": "float32", "configuration": {"x": 1}}`, errs.Unsupported, "data_type"},
		"raw bytes of odd bits":          {`"float32"`, `"r12"`, errs.Invalid, "data_type"},
		"text of more than can be":       {`"float32"`, `{"name": "fixed_length_utf32", "configuration": {"length_bytes": 99999999}}`, errs.Invalid, "length_bytes"},
		"an unknown key in an extension": {`{"name": "default"}`, `{"name": "default", "x": 1}`, errs.Invalid, "chunk_key_encoding"},
	} {
		doc := strings.Replace(goodArray, c.old, c.new, 1)
		if doc == goodArray {
			t.Fatalf("%s: nothing replaced", name)
		}
		_, err := ParseArray([]byte(doc))
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want the kind %q and %q", name, err, c.kind, c.says)
		}
	}
}

func TestKeepsWhatNeedNotBeUnderstood(t *testing.T) {
	doc := strings.Replace(goodArray, `"shape"`, `"note": {"must_understand": false, "v": [1.50]}, "attributes": {"z": 1.50, "a": {"b":  1e400}}, "shape"`, 1)
	m, err := ParseArray([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"note"`, "1.50", "1e400", `"fill_value": 0,`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is lost in %s", want, out)
		}
	}
	if bytes.Index(out, []byte(`"z"`)) > bytes.Index(out, []byte(`"a"`)) {
		t.Error("attributes changed places")
	}
	m.Attributes = map[string]json.RawMessage{"q": json.RawMessage("2"), "a": json.RawMessage("1"), "b": json.RawMessage("3")}
	if out, err = m.Marshal(); err != nil || !strings.Contains(strings.Join(strings.Fields(string(out)), ""), `{"a":1,"b":3,"q":2}`) {
		t.Errorf("%v in %s", err, out)
	}
	m.Attributes["bad"] = json.RawMessage("{")
	if _, err = m.Marshal(); !errors.Is(err, errs.Invalid) {
		t.Errorf("an attribute that is no JSON: %v", err)
	}
}

// TestListsWhatItCannotRead parses arrays of types and codecs it does not know;
// opening them is refused.
func TestListsWhatItCannotRead(t *testing.T) {
	for old, new := range map[string]string{
		`"float32"`:       `{"name": "struct", "configuration": {"fields": []}}`,
		`"name": "bytes"`: `"name": "telepathy"`,
	} {
		doc := strings.Replace(goodArray, old, new, 1)
		m, err := ParseArray([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", new, err)
			continue
		}
		if again, err := m.Marshal(); err != nil || !bytes.Contains(again, []byte(`"fill_value": 0`)) {
			t.Errorf("%s: %v\n%s", new, err, again)
		}
		s := NewMem()
		if err := s.SetMetadata(t.Context(), "/a", []byte(doc)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenArray(t.Context(), s, "/a"); !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "/a") {
			t.Errorf("%s: %v", new, err)
		}
	}
}

func TestFillValues(t *testing.T) {
	float := NumberType(dtype.Float32)
	raw, err := ParseType("r24", nil)
	if err != nil {
		t.Fatal(err)
	}
	half, _ := ParseType("float16", nil)
	pair, _ := ParseType("complex64", nil)
	moment, _ := ParseType("numpy.datetime64", json.RawMessage(`{"unit": "s", "scale_factor": 1}`))
	for _, c := range []struct {
		t    DataType
		text string
		want string // bytes; "" = refused
	}{
		{float, `"0x7fc00001"`, "\x01\x00\xc0\x7f"},
		{float, `"NaN"`, "\x00\x00\xc0\x7f"},
		{float, `"-Infinity"`, "\x00\x00\x80\xff"},
		{float, `-0.0`, "\x00\x00\x00\x80"},
		{float, `1`, "\x00\x00\x80\x3f"},
		{float, `"0x7fc0"`, ""},
		{float, `1e39`, ""},
		{float, `"Inf"`, ""},
		{float, `true`, ""},
		{half, `1.0009765625`, "\x01\x3c"},
		{half, `65519`, "\xff\x7b"},
		{half, `65520`, ""},
		{half, `"0x7e01"`, "\x01\x7e"},
		{pair, `[1, "NaN"]`, "\x00\x00\x80\x3f\x00\x00\xc0\x7f"},
		{pair, `[1]`, ""},
		{raw, `[1, 2, 255]`, "\x01\x02\xff"},
		{raw, `"AQL/"`, "\x01\x02\xff"},
		{raw, `[1, 2, 256]`, ""},
		{raw, `[1, 2]`, ""},
		{moment, `"NaT"`, "\x00\x00\x00\x00\x00\x00\x00\x80"},
		{NumberType(dtype.Int8), `-128`, "\x80"},
		{NumberType(dtype.Int8), `128`, ""},
		{NumberType(dtype.Uint8), `-1`, ""},
		{NumberType(dtype.Uint64), `18446744073709551615`, "\xff\xff\xff\xff\xff\xff\xff\xff"},
		{NumberType(dtype.Int64), `3.0`, "\x03\x00\x00\x00\x00\x00\x00\x00"},
		{NumberType(dtype.Int64), `3.5`, ""},
		{NumberType(dtype.Int64), `1e999999999`, ""},
		{NumberType(dtype.Bool), `true`, "\x01"},
		{NumberType(dtype.Bool), `1`, ""},
		{StringType(), `"é"`, "é"},
		{BytesType(), `[1, 2]`, "\x01\x02"},
	} {
		got, err := parseFill(c.t, json.RawMessage(c.text))
		if string(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s of %s: got %x, %v, want %x", c.text, c.t, got, err, c.want)
			continue
		}
		if err == nil && !c.t.Varying() {
			w := &jsonWriter{}
			w.writeFill(c.t, got)
			if again, err := parseFill(c.t, w.b); err != nil || !bytes.Equal(got, again) {
				t.Errorf("%s of %s is written as %s: %x, %v", c.text, c.t, w.b, again, err)
			}
		}
	}
}

func TestHalves(t *testing.T) {
	for h := range 1 << 16 {
		if v := fromHalf(uint16(h)); v == v && toHalf(v) != uint16(h) {
			if !math.IsInf(v, 0) {
				t.Fatalf("%04x is %v, which is %04x", h, v, toHalf(v))
			}
		}
	}
	for v, want := range map[float64]uint16{
		1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02, math.Ldexp(1, -25): 0, math.Ldexp(3, -26): 1, 65519.9: 0x7bff, 65520: 0x7c00, -1e300: 0xfc00, 0: 0, math.Ldexp(2047, -25): 0x0400,
	} {
		if got := toHalf(v); got != want {
			t.Errorf("%v is %04x, want %04x", v, got, want)
		}
	}
}

func TestGroups(t *testing.T) {
	m, err := ParseGroup([]byte(`{"zarr_format": 3, "node_type": "group", "attributes": {"a": 1}, "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": {}}}`))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := m.Marshal()
	if want := "{\n  \"attributes\": {\n    \"a\": 1\n  },\n  \"zarr_format\": 3,\n  \"node_type\": \"group\"\n}"; err != nil || string(doc) != want {
		t.Errorf("got %s, %v, want %s", doc, err, want)
	}
	m, err = ParseGroup([]byte(`{"zarr_format": 3, "attributes": {"a": [NaN, -Infinity, Infinity, "NaN \"Infinity"], "NaN": 1}, "node_type": "group"}`))
	if err != nil || string(m.Attributes["a"]) != `["NaN", "-Infinity", "Infinity", "NaN \"Infinity"]` {
		t.Errorf("Python's NaN: %s, %v", m.Attributes["a"], err)
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"zarr_format": 3, "node_type": "group", "x": 1}`, `{"zarr_format": 2, "node_type": "group"}`} {
		if _, err := ParseGroup([]byte(bad)); err == nil {
			t.Errorf("%s is a group", bad)
		}
	}
}

func TestCheckPath(t *testing.T) {
	for _, path := range []string{"/", "/a", "/a/b.c", "/.a", "/a b/é", "/_x", "/c"} {
		if err := CheckPath(path); err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{"", "a", "//", "/a/", "/a//b", "/.", "/..", "/a/../b", "/...", "/__x", "/a/zarr.json", "/\xff"} {
		if err := CheckPath(path); !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestDefaultChunks(t *testing.T) {
	for _, shape := range [][]uint64{{1 << 30}, {1e9, 4}, {10000, 10000}, {8760, 721, 1440}, {3, 1 << 40}, {1 << 20}, {0}, {0, 1000}, {0, 0}, nil, {7, 1, 1}, {1 << 62}} {
		for _, elem := range []int{0, 1, 4, 8, 16} {
			chunks := DefaultChunks(shape, elem)
			bytes := product(uint64(max(elem, 1)), chunks)
			if elem == 0 {
				bytes *= 16
			}
			small := product(uint64(max(elem, 1)), shape) <= mostDefault
			if bytes > mostDefault || bytes < leastGrown/2 && !small {
				t.Errorf("%v of %d bytes: chunks %v have %d bytes", shape, elem, chunks, bytes)
			}
			for i, n := range chunks {
				if n == 0 || shape[i] > 0 && n > shape[i] {
					t.Errorf("%v of %d bytes: chunks %v", shape, elem, chunks)
				}
			}
		}
	}
}
