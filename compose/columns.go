package compose

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/outcore/outcore/feature"
)

// columns is a schema in model.json: a list of {"name", "kind"}, in which
// three and more columns of one kind whose names are numbered one after the
// other are one {"prefix", "first", "count", "kind"}.
type columns feature.Schema

// maxColumns is the most columns of a model that is read: a run of a few bytes
// could otherwise ask for any memory. 4,194,304 fields take 160 MiB.
const maxColumns = 1 << 22

// A columnDoc is one column, or a run of them.
type columnDoc struct {
	Name   *string      `json:"name,omitempty"`
	Prefix *string      `json:"prefix,omitempty"`
	First  *int         `json:"first,omitempty"`
	Count  *int         `json:"count,omitempty"`
	Kind   feature.Kind `json:"kind"`
}

// MarshalJSON writes the list.
func (c columns) MarshalJSON() ([]byte, error) {
	out := []columnDoc{}
	var next []byte
	for i := 0; i < len(c.Fields); {
		f := c.Fields[i]
		prefix, first, ok := numbered(f.Name)
		n := 1
		for ok && i+n < len(c.Fields) && c.Fields[i+n].Kind == f.Kind && first+n <= maxNumber {
			next = strconv.AppendInt(append(next[:0], prefix...), int64(first+n), 10)
			if c.Fields[i+n].Name != string(next) {
				break
			}
			n++
		}
		if n >= 3 {
			out = append(out, columnDoc{Prefix: &prefix, First: &first, Count: &n, Kind: f.Kind})
			i += n
			continue
		}
		out = append(out, columnDoc{Name: &f.Name, Kind: f.Kind})
		i++
	}
	return json.Marshal(out)
}

// maxNumber is the largest that numbers a column.
const maxNumber = 999_999_999

// numbered splits "f12" into "f" and 12. Numbers are written without leading
// zeros and have at most nine digits.
func numbered(name string) (prefix string, k int, ok bool) {
	prefix = strings.TrimRight(name, "0123456789")
	digits := name[len(prefix):]
	if len(digits) > 9 {
		return "", 0, false
	}
	k, err := strconv.Atoi(digits)
	return prefix, k, err == nil && strconv.Itoa(k) == digits
}

// UnmarshalJSON reads the list.
func (c *columns) UnmarshalJSON(b []byte) error {
	var docs []columnDoc
	if err := json.Unmarshal(b, &docs); err != nil {
		return err
	}
	total := 0
	for i, d := range docs {
		n := 1
		switch {
		case d.Name != nil && d.Prefix == nil:
		case d.Name == nil && d.Prefix != nil && d.First != nil && d.Count != nil && *d.First >= 0 && *d.Count > 0:
			n = *d.Count
		default:
			return fmt.Errorf("column %d has neither a name nor a prefix, a first and a count", i)
		}
		if n > maxColumns-total || n > 1 && *d.First > 1e9 {
			return fmt.Errorf("more than %d columns", maxColumns)
		}
		total += n
	}
	c.Fields = make([]feature.Field, 0, total)
	for _, d := range docs {
		if d.Name != nil {
			c.Fields = append(c.Fields, feature.Field{Name: *d.Name, Kind: d.Kind})
			continue
		}
		for k := range *d.Count {
			c.Fields = append(c.Fields, feature.Field{Name: *d.Prefix + strconv.Itoa(*d.First+k), Kind: d.Kind})
		}
	}
	return nil
}
