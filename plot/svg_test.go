package plot

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/feature/profile"
)

var rewrite = flag.Bool("rewrite", false, "write golden files anew")

func wellFormed(b []byte) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// charts are small examples of all that can be drawn.
func charts(t *testing.T) map[string]interface {
	SVG(width int) string
	Table() Table
} {
	t.Helper()
	steps := []Step{{"chunk", 0, 2}, {"learn", 2, 4.5}}
	hex, err := NewHexBin(0, 10, 0, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	hex.XName, hex.YName, hex.Diagonal = "actual", "predicted", true
	gram, err := NewHistogram(-5, 5, 10)
	if err != nil {
		t.Fatal(err)
	}
	gram.Name = "residual"
	for i := range 200 {
		v := float64(i%11) * 0.9
		hex.Add(v, v+float64(i%7-3)/2)
		gram.Add(float64(i%7-3)/2 + float64(i%3-1))
	}
	lane := NewLane("parse", 2)
	for i := range 30 {
		lane.Add(float64(i)/8, float64(i)/8+0.1)
	}
	return map[string]interface {
		SVG(width int) string
		Table() Table
	}{
		"memory": &Memory{Budget: 256 << 20, Steps: steps, Samples: []MemorySample{{0, 40 << 20, 0}, {1, 190 << 20, 200 << 20}, {2, 195 << 20, 200 << 20}, {3, 120 << 20, 0}, {4.5, 60 << 20, 0}}},
		"columns": &Columns{Target: "late", Columns: []profile.Column{{Name: "distance", Count: 90, Missing: 10, Min: 17, Max: 4983, Mean: 1040, Std: 733},
			{Name: "late", Count: 100, Min: -86, Max: 1272, Mean: 7, Std: 44}, {Name: "empty", Missing: 100}}},
		"columns-positive": &Columns{Columns: []profile.Column{{Name: "a", Count: 9, Min: 0.01, Max: 40, Mean: 3, Std: 2}}},
		"learning": &Learning{Measure: "mean squared error", PassRows: 1000, Baselines: []Level{{"guess the mean", 1800}},
			Curves: []Curve{{"scaled", []CurvePoint{{100, 900}, {1000, 400}, {2000, 309}}, ""}, {"raw", []CurvePoint{{100, 1e9}, {200, 9e26}}, "diverged"}}},
		"learning-calm": &Learning{Measure: "log loss", Curves: []Curve{{"a", []CurvePoint{{100, 0.9}, {1000, 0.4}, {2000, 0.31}}, ""}}},
		"hexbin":        hex,
		"histogram":     gram,
		"weights":       &Weights{Unit: "minutes", Weights: []Weight{{"dep_delay", 1.02, "minute", 40}, {"distance", -0.0024, "mile", 733}}},
		"timeline":      &TimeLine{Steps: steps, Lanes: []*Lane{lane}},
	}
}

func TestGoldenPictures(t *testing.T) {
	golden := map[string][]byte{
		"terminal": File(Terminal([]string{"$ outcore tour", "\x1b[1m1 Data\x1b[0m  100,000 rows  \x1b[36m━━━━\x1b[0m", "5 Trust  \x1b[32msame bytes\x1b[0m  a<b & c"})),
	}
	for name, c := range charts(t) {
		golden[name] = File(c.SVG(760))
		golden[name+"-narrow"] = File(c.SVG(350))
		table := c.Table()
		for _, row := range table.Rows {
			if len(row) != len(table.Head) {
				t.Errorf("%s: a row of its table has %d cells, its head %d", name, len(row), len(table.Head))
			}
		}
		if len(table.Rows) == 0 {
			t.Errorf("%s: its table is empty", name)
		}
	}
	for name, got := range golden {
		if err := wellFormed(got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		path := filepath.Join("testdata", name+".svg")
		short := bytes.Replace(got, []byte(Style), nil, 1) // the style sheet is no part of what is drawn
		if *rewrite {
			if err := os.WriteFile(path, short, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(short, want) {
			t.Errorf("%s is not %s: look at it, then go test ./plot -rewrite", name, path)
		}
	}
}

func TestCurvesComeIntoAndLeaveTheCloseUp(t *testing.T) {
	l := &Learning{Measure: "mse", Curves: []Curve{
		{"leaves", []CurvePoint{{10, 4}, {20, 1e20}, {30, 1e30}}, ""},
		{"comes", []CurvePoint{{10, 1e9}, {20, 5}, {30, 2}}, ""},
	}}
	svg := l.SVG(760)
	if !strings.Contains(svg, "close up") || !strings.Contains(svg, "leaves: 1e30") {
		t.Errorf("the curve that diverged leaves no close-up")
	}
	if n := strings.Count(svg, "<circle"); n != 3 { // both ends in the whole, one in the close-up
		t.Errorf("%d ends of curves, expected 3", n)
	}
}

func TestWidthsFromNothingToWide(t *testing.T) {
	for name, c := range charts(t) {
		for _, width := range []int{-5, 0, 1, 60, 120, 350, 5000} {
			svg := c.SVG(width)
			if err := wellFormed([]byte(svg)); err != nil {
				t.Errorf("%s at %d: %v", name, width, err)
			}
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s at %d has a coordinate that is no number", name, width)
			}
		}
	}
}

func TestEscapeSequences(t *testing.T) {
	for line, want := range map[string]string{
		"plain":                             "[plain:]",
		"\x1b[1mbold\x1b[0m not":            "[bold:bold][ not:]",
		"\x1b[1;32mok\x1b[22m still green":  "[ok:c3 bold][ still green:c3]",
		"\x1b[38;5;200mother\x1b[2K erased": "[other:][ erased:]",
		"\x1b[2mdim":                        "[dim:soft]",
		"cut off \x1b[3":                    "[cut off :]",
		"alone \x1b":                        "[alone :]",
		"\x1b(Bset\ttab":                    "[Bset    tab:]",
	} {
		var l look
		got := ""
		for _, s := range l.spans(line) {
			got += fmt.Sprintf("[%s:%s]", s.text, s.class)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", line, got, want)
		}
	}
}

func FuzzTerminal(f *testing.F) {
	f.Add("$ ls\n\x1b[31mred\x1b[0m & <b>")
	f.Add("\x1b[\x1b[1;\x00\xff\xef\xbf\xbe")
	f.Fuzz(func(t *testing.T, text string) {
		if err := wellFormed([]byte(Terminal(strings.Split(text, "\n")))); err != nil {
			t.Error(err)
		}
	})
}

func ExampleHexBin() {
	h, err := NewHexBin(0, 100, 0, 100, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	h.XName, h.YName = "actual", "predicted"
	for i := range 1000 {
		h.Add(float64(i%100), float64(i%97))
	}
	svg := h.SVG(360) // for a page that holds Style
	fmt.Println(h.Points(), "points,", strings.Count(svg, "<path"), "shades")
	// Output: 1000 points, 6 shades
}
