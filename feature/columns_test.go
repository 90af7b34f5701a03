package feature

import (
	"fmt"
	"slices"
	"testing"
)

func TestColumnsAreFoundInAnyOrder(t *testing.T) {
	var numbered []string
	for j := range 1200 {
		numbered = append(numbered, fmt.Sprint("f", j))
	}
	turned := slices.Clone(numbered)
	slices.Reverse(turned)
	for _, names := range [][]string{nil, {"a"}, {"b", "a", "aa"}, numbered, turned} {
		var cols []Column
		for _, n := range names {
			cols = append(cols, Column{Name: n})
		}
		find, err := indexOf(cols)
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range names {
			if got, ok := find(n); !ok || got != i {
				t.Fatalf("column %q is %d, found %d, %v", n, i, got, ok)
			}
			if got, ok := find(n + "!"); ok {
				t.Fatalf("%q is found as %d", n+"!", got)
			}
		}
		for i := range cols {
			if _, err := indexOf(slices.Insert(slices.Clone(cols), (i*7)%len(cols), cols[i])); err == nil {
				t.Fatalf("%q twice among %d columns is no error", cols[i].Name, len(cols))
			}
		}
	}
}
