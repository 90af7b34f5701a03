package compose

import (
	"errors"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestParseGivesTheCanonicalText(t *testing.T) {
	for in, want := range map[string]string{
		"center|sum":                           "test-center | test-sum",
		" center ( ) | sum(alpha = 1e-5)":      "test-center | test-sum(alpha=1e-05)",
		"sum(penalty=l1, alpha=.5)":            "test-sum(alpha=0.5, penalty=l1)",
		"codes(fill=7, on=false)":              `test-codes(fill="7", on=false)`,
		"codes(fill='a b')":                    `test-codes(fill="a b")`,
		`codes(fill="tab\tétage")`:             `test-codes(fill="tab\tétage")`,
		"center(columns=[a, 'b c', 3, étage])": `test-center(columns=[a, "b c", "3", étage])`,
		"center(columns=a)":                    "test-center(columns=[a])",
		"center(columns=[])":                   "test-center(columns=[])",
		"center | count":                       "test-center | test-count",
	} {
		p, err := Parse(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if p.String() != want {
			t.Errorf("%s: got  %s\nwant %s", in, p, want)
		}
	}
}

func TestParseShowsThePlace(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"centr | sum", "pipeline: column 1: no step \"centr\" (did you mean \"center\"?)\n  centr | sum\n  ^ (fix: outcore train --list)"},
		{"center | sum(alpah=1)", "pipeline: column 14: test-sum: no parameter \"alpah\" (did you mean \"alpha\"?); have alpha, penalty\n  center | sum(alpah=1)\n               ^"},
		{"sum(alpha=big)", "pipeline: column 11: test-sum: parameter alpha: found big, expected a number\n  sum(alpha=big)\n            ^"},
		{"center(max=-1)", "pipeline: column 12: test-center: max is -1, expected at least 0\n  center(max=-1)\n             ^"},
		{"sum | center", "pipeline: column 1: test-sum learns: a learner is the last step\n  sum | center\n  ^"},
		{"", "pipeline: column 1: the text ends, expected a step's name\n  \n  ^"},
		{"center |", "pipeline: column 9: the text ends, expected a step's name\n  center |\n          ^"},
		{"center sum", "pipeline: column 8: found sum, expected '|' or the end\n  center sum\n         ^"},
		{"sum(alpha=1", "pipeline: column 12: the text ends, expected ',' or ')'\n  sum(alpha=1\n             ^"},
		{"sum(alpha)", "pipeline: column 10: found ), expected '='\n  sum(alpha)\n           ^"},
		{"sum(alpha=1, alpha=2)", "pipeline: column 14: alpha is given twice\n  sum(alpha=1, alpha=2)\n               ^"},
		{"untime(x=1)", "pipeline: column 8: test-untime takes no parameters\n  untime(x=1)\n         ^"},
		{"codes(fill='a)", "pipeline: column 12: the quote opened here is not closed\n  codes(fill='a)\n             ^"},
		{"é; sum", "pipeline: column 1: no step \"é\"\n  é; sum\n  ^ (fix: outcore train --list)"},
		{"center; sum", "pipeline: column 7: found ';', expected a step, a parameter or a value\n  center; sum\n        ^"},
	} {
		_, err := Parse(c.in)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.in, err, c.want)
		}
	}
}

func TestYAMLEqualsText(t *testing.T) {
	p, err := ParseYAML("p.yaml", []byte(`# how delays are learned
steps:
  - codes: {max: 5, fill: "7"}
  - untime
  - center:
      columns: [a, b c, 3]
  - sum:
      alpha: 1e-5
      penalty: l1
`))
	if err != nil {
		t.Fatal(err)
	}
	want := `test-codes(max=5, fill="7") | test-untime | test-center(columns=[a, "b c", "3"]) | test-sum(alpha=1e-05, penalty=l1)`
	if p.String() != want {
		t.Errorf("got  %s\nwant %s", p, want)
	}
}

func TestYAMLErrorsHaveLines(t *testing.T) {
	for in, want := range map[string]string{
		"steps:\n  - center\nepochs: 3\n":          `p.yaml:3: column 1: unknown key "epochs"; expected steps`,
		"stpes:\n  - center\n":                     `p.yaml:1: column 1: unknown key "stpes" (did you mean "steps"?); expected steps`,
		"steps:\n  - centr\n":                      `p.yaml:2: column 5: no step "centr" (did you mean "center"?)`,
		"steps:\n  - sum:\n      alpah: 1\n":       `p.yaml:3: column 7: test-sum: no parameter "alpah" (did you mean "alpha"?)`,
		"steps:\n  - sum: {alpha: big}\n":          `p.yaml:2: column 11: test-sum: parameter alpha: found big, expected a number`,
		"steps:\n  - sum: {alpha: .inf}\n":         `p.yaml:2: column 18: found ".inf", expected a value`,
		"steps:\n  - sum: 3\n":                     `p.yaml:2: column 10: found "3", expected parameters as name: value`,
		"steps:\n  - center: {}\n    sum: {}\n":    `2 names in one step, expected one`,
		"steps: center\n":                          `p.yaml:1: column 8: found "center", expected a list of steps`,
		"steps:\n  - &a center\n  - *a\n":          `p.yaml:2`,
		"steps: [center\n":                         `this is not YAML`,
		"":                                         `expected one YAML document with the key steps`,
		"- center\n":                               `found a list, expected the key steps`,
		"steps:\n  - sum\n  - center\n":            `a learner is the last step`,
		"steps:\n  - center\nsteps:\n  - center\n": `p.yaml:3`,
	} {
		_, err := ParseYAML("p.yaml", []byte(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", in, err, want)
		}
		var e *errs.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%q: %T", in, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"center | sum", "codes(fill='a', max=3, on=true)", `center(columns=[a,"b\n",3])`, "sum(alpha=1e-5,penalty=l1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q is %q, which gives %v, %v", text, p, again, err)
		}
	})
}

func FuzzParseYAML(f *testing.F) {
	f.Add("steps:\n  - codes: {max: 5, fill: \"7\"}\n  - center:\n      columns: [a, b c, 3]\n")
	f.Add("steps: [center, {sum: {alpha: 0x1F}}]")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseYAML("p.yaml", []byte(text))
		if err != nil {
			return
		}
		if again, err := Parse(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q is %q, which gives %v, %v", text, p, again, err)
		}
	})
}
