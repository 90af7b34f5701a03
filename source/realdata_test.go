package source_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/source"
)

// TestRealData reads public data sets kept beside the repository, with the
// options a user would try first. The rows are the lines that wc
// counts, less headers and blank lines.
func TestRealData(t *testing.T) {
	numbers := func(n int) string { return strings.Repeat("n", n) }
	for _, c := range []struct {
		file, sha string // first digits of the file's sha256
		opt       source.Options
		rows      int64
		kinds     string // first letters of the columns' kinds: number, text or time (as T)
	}{
		{"adult.data.gz", "c7a2b4716a97f930", source.Options{}, 32561, "ntntntttttnnntt"},
		{"a9a.gz", "b301f3e87350539f", source.Options{}, 32561, numbers(123)},
		{"bike-sharing-hour.csv.gz", "e2b01cdf412dbe19", source.Options{}, 17379, "nT" + numbers(15)},
		{"bts-flights-2015-sample50k.csv.gz", "546e0b9641ecf67d", source.Options{}, 50000, "TtttnttTTnnnnTTnnn"},
		{"elec2.csv.gz", "0a418e5d3b49793c", source.Options{}, 45312, numbers(7)},
		{"nycflights13-airlines.csv.gz", "a629a0be4a89f810", source.Options{}, 16, "tt"},
		{"nycflights13-airports.csv.gz", "8affa2ba75c69a62", source.Options{}, 1458, "ttnnnntt"},
		{"nycflights13-planes.csv.gz", "ce91b4f711218160", source.Options{}, 3322, "tntttnnnt"},
		{"nycflights13-weather.csv.gz", "34704f5d940db891", source.Options{}, 26115, "tnnnnnnnnnnnnnT"},
		{"kddcup.data_10_percent.gz", "7bfaa8cef1350f72", source.Options{}, 494021, "nttt" + numbers(37) + "t"},
		{"SMSSpamCollection.gz", "8fd20918904042e5", source.Options{Quote: "none", Header: source.No}, 5574, "tt"},
	} {
		t.Run(c.file, func(t *testing.T) {
			path := filepath.Join("../../shared/data", c.file)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Skipf("SKIPPED: real data is not beside the repository: %v", err)
			}
			if sum := sha256.Sum256(b); !strings.HasPrefix(hex.EncodeToString(sum[:]), c.sha) {
				t.Fatalf("the file is another one: sha256 %x, expected %s…", sum, c.sha)
			}
			rows, bad, err := readAll(t, c.opt, path)
			if rows != c.rows || bad != 0 || err != nil {
				t.Errorf("%d rows, %d bad, %v; expected %d", rows, bad, err, c.rows)
			}
			ds, err := source.Open(t.Context(), []string{path}, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			defer ds.Close()
			kinds := ""
			for _, f := range ds.Schema().Fields {
				kinds += map[source.Kind]string{source.Number: "n", source.Text: "t", source.Time: "T"}[f.Kind]
			}
			if kinds != c.kinds {
				t.Errorf("columns %s, expected %s", kinds, c.kinds)
			}
		})
	}
	t.Run("nasa-http-19950701-10k.tsv.gz", func(t *testing.T) {
		path := "../../shared/data/nasa-http-19950701-10k.tsv.gz"
		if _, err := os.Stat(path); err != nil {
			t.Skipf("SKIPPED: real data is not beside the repository: %v", err)
		}
		_, _, err := readAll(t, source.Options{}, path) // a header of 7 names above rows of 9 fields
		wantError(t, err, "nasa", ":2", "found 9 columns, expected 7")
	})
}
