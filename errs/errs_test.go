package errs

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestErrorSaysWhereWhatAndFix(t *testing.T) {
	err := New(Invalid, "found %q, expected a number", "abc").
		At(Position{File: "a.csv", Line: 7, Column: "delay"}).
		WithFix("--skip-bad-rows 1")
	want := `a.csv:7: column delay: found "abc", expected a number (fix: --skip-bad-rows 1)`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestKindsAndCausesSurviveWrapping(t *testing.T) {
	err := fmt.Errorf("chunk: %w", New(Corrupt, "cut short: %w", io.ErrUnexpectedEOF))
	if !errors.Is(err, Corrupt) || !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, NotFound) {
		t.Errorf("kinds of %v are wrong", err)
	}
	var e *Error
	if !errors.As(err, &e) || e.Kind != Corrupt {
		t.Errorf("errors.As lost the Error in %v", err)
	}
}

func TestSuggest(t *testing.T) {
	have := []string{"dep_delay", "distance", "hour"}
	for got, want := range map[string]string{
		"dep_dely": ` (did you mean "dep_delay"?)`,
		"HOUR":     ` (did you mean "hour"?)`,
		"carrier":  "",
	} {
		if s := Suggest(got, have); s != want {
			t.Errorf("Suggest(%q) = %q, want %q", got, s, want)
		}
	}
}
