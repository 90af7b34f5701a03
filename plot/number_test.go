package plot

import (
	"encoding/json"
	"math"
	"testing"
)

func TestFormatNumber(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {1, "1"}, {-43, "-43"}, {12.6, "12.6"}, {733.2, "733.2"}, {1040, "1,040"}, {0.06, "0.06"}, {0.8321, "0.8321"},
		{999.96, "1,000"}, {999999, "999,999"}, {999999.7, "1e6"}, {9.27e26, "9.27e26"}, {-2.5e-5, "-2.5e-5"}, {0.0012345, "0.001234"},
		{math.NaN(), "no data"}, {math.Inf(-1), "infinite"}, {5e-324, "4.94e-324"}, {math.MaxFloat64, "1.8e308"}, {0.99999, "1"},
	} {
		if got := FormatNumber(c.v); got != c.want {
			t.Errorf("FormatNumber(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}

func TestFormatsOfUnits(t *testing.T) {
	for got, want := range map[string]string{
		FormatCount(24_000_000):       "24,000,000",
		FormatCount(-1234):            "-1,234",
		FormatCount(999):              "999",
		FormatCount(math.MinInt64):    "-9,223,372,036,854,775,808",
		FormatPercent(0.025):          "2.5 %",
		FormatPercent(0):              "0.0 %",
		FormatPercent(1e-6):           "< 0.1 %",
		FormatPercent(math.NaN()):     "no data",
		FormatSeconds(0.64):           "640 ms",
		FormatSeconds(7.1):            "7.1 s",
		FormatSeconds(125):            "2 min 5 s",
		FormatSeconds(120):            "2 min",
		FormatSeconds(0):              "0 s",
		FormatSeconds(0.0000012):      "0 ms",
		FormatSeconds(math.Inf(1)):    "no data",
		FormatBytes(214 << 20):        "214 MiB",
		FormatSigned(41.1):            "+41.1",
		FormatSigned(-0.5):            "-0.5",
		shortCount(24e6):              "24M",
		tickBytes(float64(192 << 20)): "192 MiB",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestFloatsThatJSONHasNoNumbersFor(t *testing.T) {
	in := []Float{1.5, Float(math.Inf(1)), Float(math.Inf(-1)), Float(math.NaN())}
	b, err := json.Marshal(in)
	if err != nil || string(b) != `[1.5,"+Inf","-Inf","NaN"]` {
		t.Fatalf("got %s, %v", b, err)
	}
	var out []Float
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if out[0] != in[0] || out[1] != in[1] || out[2] != in[2] || out[3] == out[3] {
		t.Errorf("got %v back, wanted %v", out, in)
	}
	if err := json.Unmarshal([]byte(`"many"`), &out[0]); err == nil {
		t.Error("a word was taken for a number")
	}
}
