package howto

import (
	"slices"
	"strings"
	"testing"
)

const sample = `# A page
<!-- data: flights.csv digits.svm -->
Text with $ 5 in it.

` + "```console" + `
$ outcore version
outcore … (go…)
$ outcore train --data flights.csv \
    --target delay
…
done in … s

$ true
` + "```" + `
` + "```go" + `
$ not a command
` + "```" + `
`

func TestParse(t *testing.T) {
	p, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Data, []string{"flights.csv", "digits.svm"}) {
		t.Errorf("data %q", p.Data)
	}
	var got []string
	for _, c := range p.Commands {
		got = append(got, c.Text+" -> "+strings.Join(c.Output, "|"))
	}
	want := []string{
		"outcore version -> outcore … (go…)",
		"outcore train --data flights.csv \\\n    --target delay -> …|done in … s|",
		"true -> ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if p.Commands[1].Line != 8 {
		t.Errorf("the second command stands in line %d, expected 8", p.Commands[1].Line)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a block that is not closed":    {opening + "\n$ ls\n", "line 1"},
		"output before any command":     {"\n" + opening + "\nls\n" + fence, "line 3"},
		"a comment that is not closed":  {dataMark + " x.csv\n", "line 1"},
		"a block that would not be run": {"- item\n  " + opening + "\n  $ ls\n  " + fence, "line 2"},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected an error at %s", name, err, c.want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, want, got string
		ok              bool
	}{
		{"the same", "a\nb", "a\nb\n", true},
		{"no output", "", "", true},
		{"output where there should be none", "", "a\n", false},
		{"a line less", "a\nb", "a\n", false},
		{"a line more", "a", "a\nb\n", false},
		{"a number that varies", "took … s, … rows", "took 1.5 s, 20 rows\n", true},
		{"nothing for a wildcard", "a…b", "ab\n", true},
		{"ends may not overlap", "ab…ba", "aba\n", false},
		{"order of the pieces", "a…b…c…d", "a c b d\n", false},
		{"any lines", "a\n…\nz", "a\nb\nc\nz\n", true},
		{"any lines, none", "a\n…\nz", "a\nz\n", true},
		{"any lines, then another", "a\n…\nz", "a\nb\n", false},
		{"any lines at the end", "a\n…", "a\n", true},
		{"any lines twice", "…\nm\n…\nz", "1\nm\n2\nm\nz\n", true},
		{"blanks at the end", "a\n\nb", "a  \n \nb\r\n", true},
	} {
		var lines []string
		if c.want != "" {
			lines = strings.Split(c.want, "\n")
		}
		if got := (&Command{Output: lines}).Match(c.got); got != c.ok {
			t.Errorf("%s: %q against %q is %v", c.name, c.want, c.got, got)
		}
	}
}

func TestRewrite(t *testing.T) {
	p, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	same := []string{"outcore 1 (go2)\n", "anything\ndone in 2 s\n\n", ""}
	if got := p.Rewrite(same); got != sample {
		t.Errorf("a page that is right was changed:\n%s", got)
	}
	got := p.Rewrite([]string{same[0], "failed\nin a new way\n", "no longer silent\n"})
	want := strings.Replace(sample, "…\ndone in … s\n\n$ true\n", "failed\nin a new way\n$ true\nno longer silent\n", 1)
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
