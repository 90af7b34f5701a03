package zarr

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// parseFill reads a fill value of type t in any spelling of the format: the
// element in little-endian, of text its UTF-8.
func parseFill(t DataType, value json.RawMessage) ([]byte, error) {
	fill, ok := readFill(t, value)
	if !ok {
		return nil, errs.New(errs.Invalid, "found %s, which is no fill value of %s", excerpt(value), t)
	}
	return fill, nil
}

func readFill(t DataType, value json.RawMessage) ([]byte, bool) {
	switch t.kind() {
	case kindBool:
		var v *bool
		if decode(value, &v) != nil || v == nil {
			return nil, false
		}
		if *v {
			return []byte{1}, true
		}
		return []byte{0}, true
	case kindInt, kindUint:
		return readInteger(t, string(value))
	case kindTime:
		if string(value) == `"NaT"` {
			return binary.LittleEndian.AppendUint64(nil, 1<<63), true
		}
		return readInteger(DataType{Name: "int64", Size: 8}, string(value))
	case kindFloat:
		return readFloat(nil, t.Size, value)
	case kindComplex:
		var parts []json.RawMessage
		if decode(value, &parts) != nil || len(parts) != 2 {
			return nil, false
		}
		fill, ok := readFloat(nil, t.Size/2, parts[0])
		if !ok {
			return nil, false
		}
		return readFloat(fill, t.Size/2, parts[1])
	case kindUTF32:
		text, ok := readText(value)
		fill := make([]byte, 0, t.Size)
		for _, r := range text {
			fill = binary.LittleEndian.AppendUint32(fill, uint32(r))
		}
		return padded(fill, t.Size, ok)
	case kindString:
		text, ok := readText(value)
		return []byte(text), ok
	case kindRaw, kindVarying:
		fill, ok := readBytes(value)
		if t.kind() == kindVarying {
			return fill, ok
		}
		return padded(fill, t.Size, ok && (t.Name == "null_terminated_bytes" || len(fill) == t.Size))
	}
	return nil, false
}

func padded(fill []byte, size int, ok bool) ([]byte, bool) {
	if !ok || len(fill) > size {
		return nil, false
	}
	return append(fill, make([]byte, size-len(fill))...), true
}

func readText(value json.RawMessage) (string, bool) {
	var s *string
	if decode(value, &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}

func readBytes(value json.RawMessage) ([]byte, bool) {
	if text, ok := readText(value); ok {
		b, err := base64.StdEncoding.DecodeString(text)
		return b, err == nil
	}
	var list []uint16 // []byte would be read as base64
	if decode(value, &list) != nil || list == nil {
		return nil, false
	}
	b := make([]byte, len(list))
	for i, v := range list {
		if v > math.MaxUint8 {
			return nil, false
		}
		b[i] = byte(v)
	}
	return b, true
}

// readInteger reads a base-10 number; "3.0", which some writers give, is 3.
func readInteger(t DataType, s string) ([]byte, bool) {
	if whole, fraction, ok := strings.Cut(s, "."); ok && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	var u uint64
	if t.kind() == kindInt {
		v, err := strconv.ParseInt(s, 10, 8*t.Size)
		if err != nil {
			return nil, false
		}
		u = uint64(v)
	} else {
		v, err := strconv.ParseUint(s, 10, 8*t.Size)
		if err != nil {
			return nil, false
		}
		u = v
	}
	return binary.LittleEndian.AppendUint64(nil, u)[:t.Size], true
}

// readFloat appends a float of size bytes to b: a number, a name, or the bits in
// hexadecimal, most significant digit first.
func readFloat(b []byte, size int, value json.RawMessage) ([]byte, bool) {
	text, named := readText(value)
	switch {
	case named && strings.HasPrefix(text, "0x"):
		bits, err := strconv.ParseUint(text[2:], 16, 8*size)
		if err != nil || len(text) != 2+2*size {
			return nil, false
		}
		return append(b, binary.LittleEndian.AppendUint64(nil, bits)[:size]...), true
	case named && text == "NaN":
		return appendFloat(b, size, math.NaN()), true
	case named && text == "Infinity":
		return appendFloat(b, size, math.Inf(1)), true
	case named && text == "-Infinity":
		return appendFloat(b, size, math.Inf(-1)), true
	case named || value[0] != '-' && (value[0] < '0' || value[0] > '9'):
		return nil, false
	}
	// float16 is rounded from float64: no decimal of its neighbourhood is near
	// enough to a tie of both for that to show.
	bits := 64
	if size == 4 {
		bits = 32
	}
	v, err := strconv.ParseFloat(string(value), bits)
	if err != nil || size == 2 && math.Abs(v) >= 65520 {
		return nil, false
	}
	return appendFloat(b, size, v), true
}

// appendFloat appends v, rounded to size bytes. A NaN has the bits the format
// gives it: quiet, positive, nothing else set.
func appendFloat(b []byte, size int, v float64) []byte {
	nan := v != v
	switch {
	case size == 2 && nan:
		return append(b, 0x00, 0x7e)
	case size == 2:
		return binary.LittleEndian.AppendUint16(b, toHalf(v))
	case size == 4 && nan:
		return binary.LittleEndian.AppendUint32(b, 0x7fc00000)
	case size == 4:
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	case nan:
		return binary.LittleEndian.AppendUint64(b, 0x7ff8000000000000)
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// writeFill writes a fill value in the spelling other libraries use.
func (w *jsonWriter) writeFill(t DataType, fill []byte) {
	switch t.kind() {
	case kindBool:
		w.b = strconv.AppendBool(w.b, fill[0] != 0)
	case kindInt, kindTime:
		shift := 64 - 8*t.Size
		w.b = strconv.AppendInt(w.b, int64(littleEndian(fill)<<shift)>>shift, 10)
	case kindUint:
		w.b = strconv.AppendUint(w.b, littleEndian(fill), 10)
	case kindFloat:
		w.float(fill)
	case kindComplex:
		w.open('[')
		w.next()
		w.float(fill[:t.Size/2])
		w.next()
		w.float(fill[t.Size/2:])
		w.close(']')
	case kindUTF32:
		var text []byte
		for i := 0; i < len(fill); i += 4 {
			text = utf8.AppendRune(text, rune(littleEndian(fill[i:i+4])))
		}
		w.text(strings.TrimRight(string(text), "\x00"))
	case kindString:
		w.text(string(fill))
	case kindVarying:
		w.text(base64.StdEncoding.EncodeToString(fill))
	case kindRaw:
		switch {
		case t.Name == "raw_bytes":
			w.text(base64.StdEncoding.EncodeToString(fill))
		case t.Name == "null_terminated_bytes":
			w.text(base64.StdEncoding.EncodeToString([]byte(strings.TrimRight(string(fill), "\x00"))))
		default:
			w.open('[')
			for _, v := range fill {
				w.next()
				w.b = strconv.AppendUint(w.b, uint64(v), 10)
			}
			w.close(']')
		}
	}
}

func littleEndian(b []byte) (u uint64) {
	for i, v := range b {
		u |= uint64(v) << (8 * i)
	}
	return u
}

// float writes a float of 2, 4 or 8 bytes: the shortest decimal of its value in
// float64 as Python writes it, the names, and a NaN of other bits in hexadecimal.
func (w *jsonWriter) float(b []byte) {
	var v float64
	bits := littleEndian(b)
	switch len(b) {
	case 2:
		v = fromHalf(uint16(bits))
	case 4:
		v = float64(math.Float32frombits(uint32(bits)))
	default:
		v = math.Float64frombits(bits)
	}
	switch {
	case v != v:
		if string(appendFloat(nil, len(b), v)) == string(b) {
			w.text("NaN")
			return
		}
		hex := strconv.FormatUint(bits, 16)
		w.text("0x" + strings.Repeat("0", 2*len(b)-len(hex)) + hex)
	case math.IsInf(v, 0):
		w.text(map[bool]string{false: "Infinity", true: "-Infinity"}[v < 0])
	case v != 0 && (math.Abs(v) >= 1e16 || math.Abs(v) < 1e-4):
		w.b = strconv.AppendFloat(w.b, v, 'e', -1, 64)
	default:
		start := len(w.b)
		w.b = strconv.AppendFloat(w.b, v, 'f', -1, 64)
		if !strings.Contains(string(w.b[start:]), ".") {
			w.b = append(w.b, ".0"...)
		}
	}
}
