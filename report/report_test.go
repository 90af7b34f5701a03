package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/plot"
)

var rewrite = flag.Bool("rewrite", false, "write golden files anew")

// sample is the report of testdata/tour.json, made by testdata/make.go.
func sample(t testing.TB) *Report {
	t.Helper()
	b, err := os.ReadFile("testdata/tour.json")
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func html(t testing.TB, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wellFormed reports the first place where the page is no XML; a page that is
// both has no tag that HTML parsers would have to repair.
func wellFormed(page []byte) error {
	d := xml.NewDecoder(bytes.NewReader(page))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestGoldenPage(t *testing.T) {
	got := html(t, sample(t))
	if *rewrite {
		if err := os.WriteFile("testdata/tour.golden.html", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/tour.golden.html")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the page of testdata/tour.json is not testdata/tour.golden.html: look at it, then go test ./report -rewrite")
	}
	if n := len(got); n < 80_000 || n > 400_000 {
		t.Errorf("the page has %d bytes, expected 80,000 to 400,000", n)
	}
	if !bytes.Equal(got, html(t, sample(t))) {
		t.Error("the same report gave other bytes")
	}
}

func TestPageIsWellFormedAndLoadsNothing(t *testing.T) {
	page := html(t, sample(t))
	if err := wellFormed(page); err != nil {
		t.Error(err)
	}
	for _, load := range []string{"http:", "https:", "<script", "<link", "<img", "<iframe", "<object", "@import", "url(", "javascript:", "src=", " href=", " style=", " on"} {
		within := page
		if load == " on" || load == " style=" { // attributes, not words
			within = []byte(strings.Join(regexp.MustCompile(`<[a-z][^>]*>`).FindAllString(string(page), -1), "\n"))
			within = regexp.MustCompile(`"[^"]*"`).ReplaceAll(within, nil)
		}
		if bytes.Contains(within, []byte(load)) {
			t.Errorf("the page has %q", load)
		}
	}
	if !bytes.Contains(page, []byte(`content="default-src &#39;none&#39;; style-src &#39;sha256-`)) {
		t.Error("the page has no strict content security policy")
	}
}

func TestWhatIsWrittenIsEscaped(t *testing.T) {
	const evil = `</text></svg><script>alert("1")</script>&'` + "\x00\x1b"
	r := sample(t)
	r.Title, r.Program, r.Sentence = evil, evil, evil
	r.Figures = append(r.Figures, Figure{evil, evil, evil})
	r.Memory.Steps[0].Name, r.Memory.Note = evil, evil
	r.Columns.Columns[0].Name, r.Columns.Target, r.Columns.Note = evil, evil, evil
	r.Learning.Curves[0].Name, r.Learning.Curves[1].Outcome, r.Learning.Measure, r.Learning.Baselines[0].Name = evil, evil, evil, evil
	r.Predicted.XName, r.Predicted.YName, r.Residuals.Name = evil, evil, evil
	r.Weights.Unit, r.Weights.Weights[0].Name, r.Weights.Weights[0].Per = evil, evil, evil
	r.Trust = append(r.Trust, Check{evil, evil, evil, false})
	r.TimeLine.Lanes[0].Name, r.TimeLine.Steps[0].Name = evil, evil
	r.History = &History{Place: evil, Snapshots: []Snapshot{{evil, evil, evil, []string{evil}, []string{evil}}}, Commands: []string{evil}}
	r.Reproduce.Commands = append(r.Reproduce.Commands, evil)
	r.Reproduce.Digests = append(r.Reproduce.Digests, Pair{evil, evil})
	r.Limits = append(r.Limits, evil)
	page := html(t, r)
	if bytes.Contains(page, []byte("<script")) {
		t.Error("a text of the report became a tag")
	}
	if err := wellFormed(page); err != nil {
		t.Error(err)
	}
}

func TestNothingAndNonsenseSayNoData(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, r := range map[string]*Report{
		"empty charts": {Memory: &plot.Memory{}, Columns: &plot.Columns{}, Learning: &plot.Learning{}, Predicted: &plot.HexBin{},
			Residuals: &plot.Histogram{}, Weights: &plot.Weights{}, TimeLine: &plot.TimeLine{}},
		"no finite number": {
			Memory:    &plot.Memory{Samples: []plot.MemorySample{{At: nan, Resident: 5}}, Steps: []plot.Step{{Name: "a", From: nan, To: inf}}},
			Columns:   &plot.Columns{Columns: []profile.Column{{Name: "a", Count: 2, Min: -inf, Max: inf, Mean: nan, Std: nan}, {Name: "b", Missing: 3}}},
			Learning:  &plot.Learning{Curves: []plot.Curve{{Name: "a", Points: []plot.CurvePoint{{Rows: 1, Error: plot.Float(inf)}, {Rows: 2, Error: plot.Float(nan)}}}}},
			Predicted: &plot.HexBin{XLo: nan, XHi: inf, Across: 1 << 40, Counts: []int64{1}},
			Residuals: &plot.Histogram{Lo: inf, Hi: nan, Counts: []int64{1}},
			Weights:   &plot.Weights{Weights: []plot.Weight{{Name: "a", Value: plot.Float(nan)}}},
			TimeLine:  &plot.TimeLine{Lanes: []*plot.Lane{nil, {Bin: nan, Busy: []float64{nan}}}},
		},
	} {
		page := html(t, r)
		if err := wellFormed(page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := bytes.Count(page, []byte("<desc>no data</desc>")); n != 14 {
			t.Errorf("%s: %d pictures of 14 say that there is no data", name, n)
		}
		if bad := regexp.MustCompile(`(d|x|y|x1|y1|cx|width)="[^"]*(NaN|Inf)`).Find(page); bad != nil {
			t.Errorf("%s: %s", name, bad)
		}
	}
	if err := wellFormed(html(t, &Report{})); err != nil {
		t.Errorf("the empty report: %v", err)
	}
}

func TestAFailedCheckIsSaid(t *testing.T) {
	r := &Report{Trust: []Check{{Did: "a", Came: "b", OK: true}, {Did: "killed", Came: "other bytes"}}}
	page := string(html(t, r))
	if !strings.Contains(page, "1 of 2 checks did not") || !strings.Contains(page, "✗ not ok") {
		t.Error("the page does not say that a check failed")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestErrorsOfTheWriterComeBack(t *testing.T) {
	if err := (&Report{}).HTML(full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

// contrast is the ratio of WCAG 2 between two colours "#rrggbb".
func contrast(t *testing.T, a, b string) float64 {
	luminance := func(s string) float64 {
		var sum float64
		for i, share := range []float64{0.2126, 0.7152, 0.0722} {
			part := 0.0
			for _, digit := range s[1+2*i : 3+2*i] {
				part = part*16 + float64(strings.IndexRune("0123456789abcdef", digit))
			}
			if part /= 255; part <= 0.04045 {
				part /= 12.92
			} else {
				part = math.Pow((part+0.055)/1.055, 2.4)
			}
			sum += share * part
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextIsReadable(t *testing.T) {
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(plot.Style, -1)
	if len(blocks) != 2 {
		t.Fatalf("found %d sets of colours, expected light and dark", len(blocks))
	}
	for i, block := range blocks {
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6})`).FindAllStringSubmatch(block[1], -1) {
			colour[m[1]] = m[2]
		}
		for _, text := range []string{"ink", "soft", "c1", "c2", "c3", "c4"} {
			for _, ground := range []string{"paper", "term"} {
				if got := contrast(t, colour[text], colour[ground]); got < 4.5 {
					t.Errorf("set %d: --%s on --%s has a contrast of %.2f, expected 4.5", i, text, ground, got)
				}
			}
		}
	}
}

func FuzzPage(f *testing.F) {
	b, err := os.ReadFile("testdata/tour.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"learning":{"curves":[{"points":[{"rows":1,"error":5e-324},{"rows":9223372036854775807,"error":1.7e308}]}]}}`))
	f.Add([]byte(`{"columns":{"columns":[{"count":1,"min":-1.7e308,"max":1.7e308},{"count":1,"min":5e-324,"max":5e-324,"mean":5e-324}]}}`))
	f.Add([]byte(`{"time_line":{"lanes":[{"bin":1e300,"busy":[1,2]},{"bin":1e-300,"busy":[1e300]}],"steps":[{"from":-1e308,"to":1e308}]}}`))
	f.Add([]byte(`{"memory":{"budget":-1,"samples":[{"at":1e308,"resident":9223372036854775807}]},"weights":{"weights":[{"value":1e308,"std":1e308},{"value":-1e-300}]}}`))
	f.Add([]byte(`{"residuals":{"lo":-8e307,"hi":8e307,"counts":[9223372036854775807,9223372036854775807,-4]},"predicted":{"x_hi":1,"y_lo":-1e300,"y_hi":1e300,"across":1,"counts":[1,-2,3,9223372036854775807,0,0]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &Report{}
		if json.Unmarshal(b, r) != nil {
			return
		}
		page := html(t, r)
		if err := wellFormed(page); err != nil {
			t.Error(err)
		}
		if bad := regexp.MustCompile(`(d|x|y|x1|x2|y1|y2|cx|cy|width|height|textLength)="[^"]*(NaN|Inf)`).Find(page); bad != nil {
			t.Errorf("%s", bad)
		}
	})
}
