package ndarray

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestParseSelection(t *testing.T) {
	index, err := ParseSelection(" 0:3, : ,::-1,... , None,-2,")
	if err != nil {
		t.Fatal(err)
	}
	if got := SelectionText(index); got != "0:3,:,::-1,...,None,-2" {
		t.Error(got)
	}
	for text, want := range map[string]string{
		"0:3,x":               `column 5: found "x"`,
		"1:2:0":               "step of 0",
		"1:2:3:4":             "more than two colons",
		"1,,2":                "column 3: nothing between two commas",
		"1.5":                 `found "1.5"`,
		"9999999999999999999": "whole number",
	} {
		_, err := ParseSelection(text)
		if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// FuzzSelection takes what it parses of an array and compares the shape with
// counting.
func FuzzSelection(f *testing.F) {
	for _, s := range []string{"0:3,:,::-1", "...,5", "None,2", "-9223372036854775808:9223372036854775807:-9223372036854775807", ",", "1:2:", " : "} {
		f.Add(s)
	}
	shape := []int{5, 1, 7}
	f.Fuzz(func(t *testing.T, text string) {
		index, err := ParseSelection(text)
		if err != nil {
			if !errors.Is(err, errs.Invalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseSelection(SelectionText(index))
		if err != nil || !slices.Equal(again, index) {
			t.Fatalf("%q: %v written as %q is %v, %v", text, index, SelectionText(index), again, err)
		}
		axes, out, err := resolve(index, shape)
		if err != nil || len(out) > maxDims {
			return
		}
		for k, a := range axes {
			last := a.Start
			if a.Out >= 0 {
				if out[a.Out] == 0 {
					continue
				}
				last += a.Step * (out[a.Out] - 1)
			}
			if min(a.Start, last) < 0 || max(a.Start, last) >= shape[k] {
				t.Fatalf("%q: axis %d goes from %d to %d", text, k, a.Start, last)
			}
		}
	})
}

func TestBuildingKeepsTheFirstMistakeAndItsLine(t *testing.T) {
	_, _, line, _ := runtime.Caller(0)
	a := Full(1.0, 2, 3).Add(Full(1.0, 4)).Mul(Const(2.0)).Slice(At(9))
	want := fmt.Sprintf("ndarray/index_test.go:%d: add: shapes (2, 3) and (4,)", line+1)
	for name, err := range map[string]error{"Err": a.Err(), "String": errors.New(a.String())} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.Compute(t.Context(), engine(1)); !errors.Is(err, errs.Shape) {
		t.Error(err)
	}
	if _, err := a.Explain(); !errors.Is(err, errs.Shape) {
		t.Error(err)
	}
	if err := (Any{}).Err(); !errors.Is(err, errs.Invalid) {
		t.Error(err)
	}
	big := Full(1.0, math.MaxInt32, math.MaxInt32, math.MaxInt32)
	if err := big.Err(); !errors.Is(err, errs.Shape) {
		t.Error(err)
	}
}
