// Command predict loads a model and predicts one row of numbers: the least
// that a program which embeds a model has to link. A test looks at its size
// and at what it is made of.
//
//	predict MODEL NUMBER...
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/feature"
	_ "github.com/outcore/outcore/linear"
	_ "github.com/outcore/outcore/preprocess"
)

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, args []string) error {
	m, err := compose.Load(compose.Dir(dir), 0)
	if err != nil {
		return err
	}
	row := make([]float64, len(args))
	for i, a := range args {
		if row[i], err = strconv.ParseFloat(a, 64); err != nil {
			return err
		}
	}
	t, err := m.Pipeline.Transform(&feature.Frame{N: 1, X: &feature.Dense[float64]{N: 1, D: len(row), Data: row}})
	if err != nil {
		return err
	}
	defer t.Release()
	y, err := m.Pipeline.Predict(nil, t)
	if err != nil {
		return err
	}
	if names := m.Pipeline.Classes(); names != nil {
		fmt.Println(names[int(y[0])])
		return nil
	}
	fmt.Println(y[0])
	return nil
}
