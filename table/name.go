package table

import (
	"strings"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

const (
	validSuffix = "__valid" // of the array that says which rows of a column are there
	upperHex    = "0123456789ABCDEF"
)

// arrayName is the name of the array that holds a column (docs/format/table.md,
// names): the column's own wherever Zarr has a place for it.
func arrayName(column string) string {
	if column == "" {
		return "%FF" // a byte that no UTF-8 has
	}
	first := strings.Trim(column, ".") == "" || column == "zarr.json" || strings.HasPrefix(column, "__")
	last := strings.HasSuffix(column, validSuffix)
	var b strings.Builder
	for i := range len(column) {
		c := column[i]
		switch {
		case i == 0 && first, i == len(column)-1 && last, c == '/', c < 0x20, c == 0x7f,
			c == '%' && i+2 < len(column) && isHex(column[i+1]) && isHex(column[i+2]):
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// checkNames refuses columns that no table has: two of one name, names that are
// not UTF-8, none at all.
func checkNames(names []string) error {
	if len(names) == 0 {
		return errs.New(errs.Shape, "a table without columns")
	}
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if !utf8.ValidString(n) {
			return errs.New(errs.Invalid, "the column name %q is not UTF-8", n)
		}
		if seen[n] {
			return errs.New(errs.Invalid, "two columns are named %q", n)
		}
		seen[n] = true
	}
	return nil
}

// join is the path of a node below a group.
func join(group, name string) string {
	if group == "/" {
		return "/" + name
	}
	return group + "/" + name
}
