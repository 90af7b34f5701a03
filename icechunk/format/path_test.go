package format

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

func TestPathsCompareBySegment(t *testing.T) {
	want := []string{"/", "/a", "/a/b", "/a/b/c", "/a/c", "/a b", "/a-b", "/a-b/c", "/ab", "/é"}
	got := shuffled(want)
	slices.SortFunc(got, ComparePaths)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
	for _, p := range append(want, "/...", "/.a") {
		if err := CheckPath(p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, p := range []string{"", "a", "//", "/a//b", "/a/", "/.", "/../a", "/\xff"} {
		if err := CheckPath(p); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "path") {
			t.Errorf("%q: %v", p, err)
		}
	}
}
