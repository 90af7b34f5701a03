package zarr

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// A member is one key of a JSON object with its value as it was written.
type member struct {
	key   string
	value json.RawMessage
}

// parseObject reads a JSON object, its members in order. A key given twice is
// an error: readers differ in which of the two they believe.
func parseObject(doc []byte) ([]member, error) {
	doc = quoteNames(doc)
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	open, err := dec.Token()
	if err != nil {
		return nil, errs.New(errs.Invalid, "no JSON: %w", err)
	}
	if open != json.Delim('{') {
		return nil, errs.New(errs.Invalid, "found %s, expected a JSON object", excerpt(doc))
	}
	var all []member
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, errs.New(errs.Invalid, "no JSON: %w", err)
		}
		m := member{key: key.(string)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, errs.New(errs.Invalid, "%q: no JSON: %w", m.key, err)
		}
		if seen[m.key] {
			return nil, errs.New(errs.Invalid, "the key %q is given twice", m.key)
		}
		seen[m.key] = true
		all = append(all, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, errs.New(errs.Invalid, "no JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errs.New(errs.Invalid, "text after the end of the JSON object")
	}
	return all, nil
}

// quoteNames puts quotes around NaN, Infinity and -Infinity, which Python writes
// bare into attributes though JSON has no such numbers. Quoted they are what Zarr
// itself writes for them.
func quoteNames(doc []byte) []byte {
	if !bytes.Contains(doc, []byte("NaN")) && !bytes.Contains(doc, []byte("Infinity")) {
		return doc
	}
	out := make([]byte, 0, len(doc)+64)
	for i := 0; i < len(doc); {
		n := 1
		switch rest := doc[i:]; {
		case rest[0] == '"':
			for n < len(rest) && rest[n] != '"' {
				if rest[n] == '\\' {
					n++
				}
				n++
			}
			n = min(n+1, len(rest))
		case bytes.HasPrefix(rest, []byte("NaN")):
			n = 3
		case bytes.HasPrefix(rest, []byte("Infinity")):
			n = 8
		case bytes.HasPrefix(rest, []byte("-Infinity")):
			n = 9
		}
		if n == 1 || doc[i] == '"' {
			out = append(out, doc[i:i+n]...)
		} else {
			out = append(append(append(out, '"'), doc[i:i+n]...), '"')
		}
		i += n
	}
	return out
}

// decode reads a JSON value into v and takes no more than one value.
func decode(value json.RawMessage, v any) error {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	return dec.Decode(v)
}

// excerpt is the beginning of a JSON value, for an error.
func excerpt(value []byte) string {
	const most = 60
	if len(value) > most {
		return string(bytes.ToValidUTF8(value[:most], nil)) + "…"
	}
	return string(value)
}

// A jsonWriter writes JSON the way Python's json.dumps(indent=2) does, which is
// what other Zarr libraries write: the same metadata gives the same bytes.
type jsonWriter struct {
	b     []byte
	depth int
	first bool // nothing has been written inside the bracket
}

func (w *jsonWriter) open(bracket byte) {
	w.b = append(w.b, bracket)
	w.depth++
	w.first = true
}

// next begins the next member of an object or element of an array.
func (w *jsonWriter) next() {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.line()
}

func (w *jsonWriter) line() {
	w.b = append(w.b, '\n')
	for range w.depth {
		w.b = append(w.b, "  "...)
	}
}

func (w *jsonWriter) key(key string) {
	w.next()
	w.b = append(appendQuoted(w.b, key), ": "...)
}

func (w *jsonWriter) close(bracket byte) {
	w.depth--
	if !w.first {
		w.line()
	}
	w.first = false
	w.b = append(w.b, bracket)
}

func (w *jsonWriter) text(s string) { w.b = appendQuoted(w.b, s) }

func (w *jsonWriter) numbers(list []uint64) {
	w.open('[')
	for _, v := range list {
		w.next()
		w.b = strconv.AppendUint(w.b, v, 10)
	}
	w.close(']')
}

// raw writes a value given as JSON: laid out anew, its tokens untouched.
func (w *jsonWriter) raw(value json.RawMessage) error {
	prefix := make([]byte, 2*w.depth)
	for i := range prefix {
		prefix[i] = ' '
	}
	var flat, b bytes.Buffer
	// Compacting first drops the blanks that Indent would keep in empty brackets.
	err := json.Compact(&flat, value)
	if err == nil {
		err = json.Indent(&b, flat.Bytes(), string(prefix), "  ")
	}
	if err != nil {
		return errs.New(errs.Invalid, "found %s, expected JSON: %w", excerpt(value), err)
	}
	w.b = append(w.b, b.Bytes()...)
	return nil
}

// appendQuoted appends s as a JSON string in ASCII, as Python does.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	unit := func(u uint16) {
		b = append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r >= ' ' && r <= '~':
			b = append(b, byte(r))
		case utf8.RuneLen(r) == 4:
			hi, lo := utf16.EncodeRune(r)
			unit(uint16(hi))
			unit(uint16(lo))
		default:
			unit(uint16(r))
		}
	}
	return append(b, '"')
}
