package howto

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// flights is the data that the tour ships: see cmd/outcore/tour/data/README.md.
const flights = "../../cmd/outcore/tour/data/flights.csv.gz"

// prepare makes the file called name in dir, as pages ask for it.
func prepare(dir, name string) error {
	maker := map[string]func(io.Writer) error{
		"flights.csv":    func(w io.Writer) error { return unpack(w, -1) },
		"flights.csv.gz": copyFlights,
		"some.csv":       func(w io.Writer) error { return unpack(w, 1001) },
		"digits.svm":     digits,
	}[name]
	if maker == nil {
		return fmt.Errorf("found no data called %q, have flights.csv, flights.csv.gz, some.csv, digits.svm", name)
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if err := maker(f); err != nil {
		return err
	}
	return f.Close()
}

func copyFlights(w io.Writer) error {
	f, err := os.Open(flights)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// unpack writes the first lines of the flights, or all of them.
func unpack(w io.Writer, lines int) error {
	f, err := os.Open(flights)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	rows := slices.Collect(strings.Lines(string(text)))
	if lines >= 0 {
		rows = rows[:lines]
	}
	_, err = io.WriteString(w, strings.Join(rows, ""))
	return err
}

// digits writes 5,000 rows of svmlight that look like pictures of ten digits:
// up to 64 dark pixels from 1 to 255, more of them where the class has ink.
func digits(w io.Writer) error {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 5000 {
		class := rng.IntN(10)
		fmt.Fprintf(&b, "%d", class)
		for pixel := range 64 {
			if rng.IntN(10) < 1+7*(pixel*(class+3)/7%2) {
				fmt.Fprintf(&b, " %d:%d", pixel+1, 1+rng.IntN(255))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
