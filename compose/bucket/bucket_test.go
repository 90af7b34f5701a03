package bucket

import (
	"errors"
	"testing"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
)

func TestObjectsAreFiles(t *testing.T) {
	b, err := blob.Open(t.Context(), "mem://models/delay")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := In(t.Context(), b)
	if _, err := s.ReadAll("model.json", 10); !errors.Is(err, errs.NotFound) {
		t.Errorf("no object: %v", err)
	}
	for _, text := range []string{"one", "another"} {
		if err := s.Put("model.json", []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := s.ReadAll("model.json", 10)
		if err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := s.ReadAll("model.json", 3); !errors.Is(err, errs.Corrupt) {
		t.Errorf("a longer one: %v", err)
	}
	for range 2 {
		if err := s.Remove("model.json"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.ReadAll("model.json", 10); !errors.Is(err, errs.NotFound) {
		t.Errorf("removed: %v", err)
	}
}

// TestDamageIsFoundByItsAddress: errors name the object as its address is written.
func TestDamageIsFoundByItsAddress(t *testing.T) {
	b, err := blob.Open(t.Context(), "mem://models/damaged")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := In(t.Context(), b)
	if err := s.Put("model.json", []byte("{")); err != nil {
		t.Fatal(err)
	}
	var e *errs.Error
	if _, err := compose.Load(s, 0); !errors.As(err, &e) || !errors.Is(err, errs.Corrupt) || e.Pos.File != "mem://models/damaged/model.json" {
		t.Errorf("%v", err)
	}
}
