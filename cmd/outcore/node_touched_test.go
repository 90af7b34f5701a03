package main

import (
	"testing"

	"github.com/outcore/outcore/icechunk"
)

func TestWhatTouchesANode(t *testing.T) {
	for name, c := range map[string]struct {
		d    icechunk.Diff
		want bool
	}{
		"nothing":                        {icechunk.Diff{}, false},
		"chunks below":                   {icechunk.Diff{Chunks: map[string]int64{"/g/t/x": 1}}, true},
		"chunks of a namesake":           {icechunk.Diff{Chunks: map[string]int64{"/g/table": 1}}, false},
		"a new group around":             {icechunk.Diff{NewGroups: []string{"/g"}}, true},
		"attributes of the group around": {icechunk.Diff{UpdatedGroups: []string{"/g"}}, false},
		"moved away":                     {icechunk.Diff{Moved: []icechunk.Move{{From: "/g/t", To: "/old"}}}, true},
		"moved here":                     {icechunk.Diff{Moved: []icechunk.Move{{From: "/k/t/x", To: "/g/t/x", Array: true}}}, true},
		"moved elsewhere":                {icechunk.Diff{Moved: []icechunk.Move{{From: "/g/a", To: "/g/b"}}}, false},
	} {
		if got := touches(&c.d, "/g/t"); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
