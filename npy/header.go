package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

const magic = "\x93NUMPY"

// maxDict is the longest header dictionary accepted. NumPy itself refuses more
// than 10,000 characters unless told otherwise.
const maxDict = 64 << 10

// maxDims is NumPy's own limit.
const maxDims = 64

// A Header is what the start of a .npy array says.
type Header struct {
	Descr   string     // NumPy's descriptor: "<f4", "|S3"
	Type    dtype.Type // 0 when Descr is none of ours (text, complex, float16)
	Item    int        // bytes of one element
	Swap    bool       // elements are big-endian
	Fortran bool       // column-major
	Shape   []int64
	Size    int64 // bytes of the header itself; the elements follow
}

// Elems is the number of elements: the product of Shape, 1 for a scalar.
func (h *Header) Elems() int64 {
	n := int64(1)
	for _, s := range h.Shape {
		n *= s
	}
	return n
}

// Bytes is the number of bytes of the elements.
func (h *Header) Bytes() int64 { return h.Elems() * int64(h.Item) }

// Rows is the length of the first dimension, 0 for a scalar.
func (h *Header) Rows() int64 {
	if len(h.Shape) == 0 {
		return 0
	}
	return h.Shape[0]
}

// Cols is the number of elements in a row: 1 for one dimension, the product of
// all dimensions but the first for more.
func (h *Header) Cols() int64 {
	n := int64(1)
	for _, s := range h.Shape[min(1, len(h.Shape)):] {
		n *= s
	}
	return n
}

// readHeader reads a header from the start of r. Offsets in its errors count
// from there.
func readHeader(r io.Reader) (Header, error) {
	var pre [12]byte
	if _, err := io.ReadFull(r, pre[:8]); err != nil {
		return Header{}, cut(err, 0, "the .npy header")
	}
	if string(pre[:6]) != magic {
		return Header{}, corrupt(0, "starts with %q, expected %q of a .npy array", pre[:6], magic)
	}
	var n, at int
	switch pre[6] {
	case 1:
		at = 10
		if _, err := io.ReadFull(r, pre[8:10]); err != nil {
			return Header{}, cut(err, 8, "the .npy header")
		}
		n = int(binary.LittleEndian.Uint16(pre[8:]))
	case 2, 3:
		at = 12
		if _, err := io.ReadFull(r, pre[8:12]); err != nil {
			return Header{}, cut(err, 8, "the .npy header")
		}
		if u := binary.LittleEndian.Uint32(pre[8:]); u > maxDict {
			return Header{}, corrupt(8, "header of %d bytes, expected at most %d", u, maxDict)
		} else {
			n = int(u)
		}
	default:
		return Header{}, errs.New(errs.Unsupported, ".npy format version %d.%d, expected 1, 2 or 3", pre[6], pre[7]).
			At(errs.Position{Byte: 6})
	}
	dict := make([]byte, n)
	if _, err := io.ReadFull(r, dict); err != nil {
		return Header{}, cut(err, int64(at), "the .npy header")
	}
	h, err := parseDict(string(dict), int64(at))
	h.Size = int64(at + n)
	return h, err
}

// setDescr fills what follows from the descriptor. Anything that is not plain
// numbers or text is refused here: object arrays hold pickles.
func (h *Header) setDescr(d string, at int64) error {
	h.Descr = d
	size := 0
	if len(d) >= 3 {
		if n, err := strconv.ParseUint(d[2:], 10, 31); err == nil {
			size = int(n)
		}
	}
	if strings.HasPrefix(d, "|O") || d == "O" {
		return errs.New(errs.Unsupported, "array of Python objects (a pickle, which can run code when loaded): refused").
			At(errs.Position{Byte: at}).WithFix("save numbers in Python: np.save(path, a.astype(np.float64))")
	}
	if len(d) < 3 || size == 0 || !strings.ContainsRune("<>|=", rune(d[0])) {
		return errs.New(errs.Unsupported, "element type %q", d).At(errs.Position{Byte: at}).
			WithFix("save plain numbers in Python: np.save(path, a.astype(np.float64))")
	}
	h.Item = size
	if d[1] == 'U' {
		if size > math.MaxInt32/4 {
			return corrupt(at, "element type %q", d)
		}
		h.Item = 4 * size
	}
	h.Swap = d[0] == '>'
	order := "<"
	if size == 1 {
		order = "|"
	}
	if t, err := dtype.Parse(order + d[1:]); err == nil {
		h.Type = t
		h.Swap = h.Swap && size > 1
	}
	return nil
}

// check refuses shapes whose bytes do not fit an int64.
func (h *Header) check(at int64) error {
	n := int64(h.Item)
	for _, s := range h.Shape {
		if s != 0 && n > math.MaxInt64/s {
			return corrupt(at, "shape %v of %q is larger than any file", h.Shape, h.Descr)
		}
		n *= s
	}
	return nil
}

// Numeric returns an error unless h is row-major numbers of a type we have.
func (h *Header) Numeric() error {
	if h.Type == 0 {
		return errs.New(errs.Unsupported, "element type %q; have %s", h.Descr, strings.Join(dtype.Names(), ", ")).
			WithFix("convert in Python: np.save(path, a.astype(np.float64))")
	}
	if h.Fortran && len(h.Shape) > 1 {
		return errs.New(errs.Unsupported, "array of shape %v is stored column by column (fortran_order), rows cannot be streamed", h.Shape).
			WithFix("save it row-major in Python: np.save(path, np.ascontiguousarray(a))")
	}
	if len(h.Shape) == 0 {
		return errs.New(errs.Shape, "a single number, expected rows of numbers")
	}
	return nil
}

// appendHeader appends a version 1 header of exactly headerBytes bytes.
// cols < 0 makes a one-dimensional array, rows < 0 a scalar.
func appendHeader(dst []byte, descr string, rows, cols int64) []byte {
	shape := "()"
	if rows >= 0 {
		shape = fmt.Sprintf("(%d,)", rows)
		if cols >= 0 {
			shape = fmt.Sprintf("(%d, %d)", rows, cols)
		}
	}
	start := len(dst)
	dst = append(dst, magic+"\x01\x00"...)
	dst = binary.LittleEndian.AppendUint16(dst, headerBytes-10)
	dst = fmt.Appendf(dst, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	if len(dst)-start > headerBytes-1 {
		panic("npy: header does not fit")
	}
	for len(dst)-start < headerBytes-1 {
		dst = append(dst, ' ')
	}
	return append(dst, '\n')
}

// AppendHeader appends the header of a .npy file of any shape of up to 64
// dimensions, in C order, as numpy.save writes it: version 1, its length a
// multiple of 64.
func AppendHeader(dst []byte, descr string, shape []int64) []byte {
	var dims []string
	for _, d := range shape {
		dims = append(dims, strconv.FormatInt(d, 10))
	}
	text := strings.Join(dims, ", ")
	if len(shape) == 1 {
		text += ","
	}
	text = fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, text)
	pad := 63 - (10+len(text))%64
	dst = append(dst, magic+"\x01\x00"...)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(text)+pad+1))
	dst = append(dst, text...)
	dst = append(dst, strings.Repeat(" ", pad)...)
	return append(dst, '\n')
}

// headerBytes is the size of the headers written: room for two 19-digit
// dimensions, and a multiple of 64 as NumPy wants it.
const headerBytes = 128

func corrupt(at int64, format string, args ...any) *errs.Error {
	return errs.New(errs.Corrupt, format, args...).At(errs.Position{Byte: at})
}

// cut turns the end of input inside something into Corrupt; other errors pass.
func cut(err error, at int64, what string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return corrupt(at, "cut short inside %s: %w", what, io.ErrUnexpectedEOF)
	}
	return err
}
