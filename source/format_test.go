package source

import (
	"strings"
	"testing"
)

func TestABadRowDoesNotMakeATableOfSVMLight(t *testing.T) {
	for text, want := range map[string]string{
		"1 1:2 3:4\n2 x:1 2:5\n":                     "svmlight",
		"a 1:2\n1 1:2\n":                             "svmlight",
		"-1\n+1 qid:3 1:0.5\n":                       "svmlight",
		"1 1:abc\n":                                  "svmlight",
		"1 1:" + strings.Repeat("9", 1<<17):          "svmlight",
		"day 10:30 x\n1 11:30 y\n2 1:2 z\n":          "csv",
		"2015-01-01 00:00:00,AA\n":                   "csv",
		"when,x\n20150101 10:30,2\n20150101 11:30,4": "csv",
		"1,2\n3,4\n":                                 "csv",
	} {
		if got := sniff([]byte(text)); got != want {
			t.Errorf("%.40q is taken for %s, expected %s", text, got, want)
		}
	}
}
