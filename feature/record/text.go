package record

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// text gives column j as texts.
func (g *gatherer) text(j int) (c *feature.TextColumn, err error) {
	err = g.gather(func(col arrow.Array) error {
		c, err = g.texts(col)
		return err
	}, j)
	return c, err
}

func (g *gatherer) texts(col arrow.Array) (*feature.TextColumn, error) {
	n := col.Len()
	out := &feature.TextColumn{}
	if col.NullN() > 0 {
		out.Valid = make([]bool, n)
		for i := range out.Valid {
			out.Valid[i] = col.IsValid(i)
		}
	}
	switch c := col.(type) {
	case *array.String:
		if n == 0 {
			out.Offsets = []int32{0}
			return out, nil
		}
		g.frame.Borrowed = true
		out.Offsets = c.ValueOffsets()
		if b := c.Data().Buffers()[2]; b != nil {
			out.Bytes = b.Bytes()
		}
		return out, nil
	case *array.LargeString:
		return out, copyTexts(out, n, c.Value)
	case *array.StringView:
		return out, copyTexts(out, n, c.Value)
	case *array.Dictionary:
		return out, dictionary(out, c)
	case *array.Null:
		out.Offsets = make([]int32, n+1)
		return out, nil
	}
	return nil, errs.New(errs.Unsupported, "%s is not a text", col.DataType())
}

// dictionary writes out the words of c. A null word is a missing value.
func dictionary(out *feature.TextColumn, c *array.Dictionary) error {
	words, ok := c.Dictionary().(array.StringLike)
	if !ok {
		return errs.New(errs.Unsupported, "%s is not a text", c.DataType())
	}
	if words.NullN() > 0 {
		valid := make([]bool, c.Len())
		for i := range valid {
			valid[i] = c.IsValid(i) && words.IsValid(c.GetValueIndex(i))
		}
		out.Valid = valid
	}
	return copyTexts(out, c.Len(), func(i int) string { return words.Value(c.GetValueIndex(i)) })
}

// copyTexts sets the offsets and bytes of out from n values.
func copyTexts(out *feature.TextColumn, n int, value func(int) string) error {
	out.Offsets = make([]int32, 1, n+1)
	for i := range n {
		if out.Valid == nil || out.Valid[i] {
			out.Bytes = append(out.Bytes, value(i)...)
		}
		if len(out.Bytes) > math.MaxInt32 {
			return errs.New(errs.TooLarge, "more than 2 GiB of text in %d rows", i+1)
		}
		out.Offsets = append(out.Offsets, int32(len(out.Bytes)))
	}
	return nil
}
