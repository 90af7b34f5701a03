package ndarray

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/errs"
)

// evaluate computes an expression of shape ().
func evaluate(t *testing.T, text string, vars map[string]Any) float64 {
	t.Helper()
	a, err := Parse(text, vars)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	v, err := a.Compute(t.Context(), engine(1))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v.Float64()[0]
}

func TestExpressionsBindAsInPython(t *testing.T) {
	vars := map[string]Any{"x": Full(3.0).Any(), "i": Full[int32](7).Any()}
	for text, want := range map[string]float64{
		"x * 2 - 1":                5,
		"-x ** 2":                  -9,
		"2 * x ** 2":               18,
		"2 ** x ** 2":              512,
		"x ** -1":                  1.0 / 3,
		"2 ** -x ** 1":             0.125,
		"-2 ** 2":                  -4,
		"(-2) ** 2":                4,
		"x ** 2 * 2":               18,
		"x**2+x**2":                18,
		"i // 2 * 2":               6,
		"i % 4 ** 2":               7,
		"-i // 2":                  -4,
		"i / 2":                    3.5,
		"1 - 2 - 3 + 0 * x":        -4,
		"x > 2 && i < 3":           0,
		"!(x > 2) || i == 7":       1,
		"(x > 2) & (i > 3)":        1,
		"i & 3 | 8":                11,
		"~i":                       -8,
		"where(x > 0, x, 0)":       3,
		"clip(x, 0, 2)":            2,
		"sqrt(x * x)":              3,
		"cast(x / 2, \"int8\")":    1,
		"cast(x / 2, int8)":        1,
		"minimum(x, maximum(i,1))": 3,
		"mean(x) + sum(i)":         10,
		"pi * 0 + e * 0 + 0 * x":   0,
		"1e3 * x":                  3000,
		"0x10 + i":                 23,
		"isnan(nan * x)":           1,
		"+x":                       3,
	} {
		if got := evaluate(t, text, vars); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s = %v, want %v", text, got, want)
		}
	}
}

func TestExpressionErrorsNameTheColumn(t *testing.T) {
	vars := map[string]Any{"x": Full(3.0, 2, 3).Any(), "y": Full(3.0, 4).Any(), "flag": Full(true).Any()}
	for text, want := range map[string]string{
		"x + yy":                      `column 5: no array or number "yy" (did you mean "y"?)`,
		"x * wher(x, 1, 2)":           `column 5: no function "wher" (did you mean "where"?)`,
		"x + y":                       "column 3: add: shapes (2, 3) and (4,)",
		"x +":                         "column 4",
		"x and y":                     "fix: write &&",
		"sqrt(x, x)":                  "column 1: 2 arguments for sqrt, expected sqrt(x)",
		"1 / 0":                       "column 3: a number divided by zero",
		"x.y":                         "column 1",
		"x[0]":                        "column 1",
		"mean(x, 7)":                  "column 1: axis 7",
		"mean(x, x)":                  "column 9: expected the number of an axis",
		"-flag":                       "column 1: neg of bool",
		"sqrt":                        "sqrt is a function (fix: sqrt(…))",
		"x << 2":                      `column 3: found "<<"`,
		"func() {}":                   "column 1",
		"99999999999999999999999 + x": "column 1",
		"cast(x, \"flot32\")":         `did you mean "float32"?`,
		"":                            "column 1",
		"x\n+1":                       "column 2",
	} {
		_, err := Parse(text, vars)
		var e *errs.Error
		if err == nil || !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"x * 2 - 1", "where(x > 0, x, 0)", "-x ** y // 3", "mean(x, 0)", "x ** ** y", "cast(x,\"int8\")", "((((", "x[1:2]", "a.b", "*x", "x * *(*y)"} {
		f.Add(s)
	}
	vars := map[string]Any{"x": Arange[float64](0, 1, 6).Any(), "y": Full[int8](3, 2, 6).Any()}
	f.Fuzz(func(t *testing.T, text string) {
		t0 := time.Now()
		a, err := Parse(text, vars)
		if d := time.Since(t0); d > time.Second {
			t.Fatalf("%q took %v to parse", text, d)
		}
		var e *errs.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatalf("%q: an error of no kind: %v", text, err)
			}
			return
		}
		if a.Size() > 1000 {
			return
		}
		began := time.Now()
		_, _ = a.Compute(t.Context(), engine(1)) // no panic
		if d := time.Since(began); d > 2*time.Second {
			t.Fatalf("%q took %v", text, d)
		}
	})
}
