package format

import (
	"errors"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestIDsAreBase32(t *testing.T) {
	if s := InitialSnapshot.String(); s != "1CECHNKREP0F1RSTCMT0" {
		t.Errorf("the first snapshot is %s", s)
	}
	id, err := ParseObjectID("1cechnkrep0f1rstcmt0")
	if err != nil || id != InitialSnapshot {
		t.Errorf("found %v, %v", id, err)
	}
	seen := map[ObjectID]bool{}
	for range 100 {
		o, n := NewObjectID(), NewNodeID()
		if seen[o] {
			t.Fatalf("%v is given twice", o)
		}
		seen[o] = true
		if back, err := ParseObjectID(o.String()); err != nil || back != o || len(o.String()) != 20 {
			t.Fatalf("%v comes back as %v, %v", o, back, err)
		}
		if back, err := ParseNodeID(n.String()); err != nil || back != n || len(n.String()) != 13 {
			t.Fatalf("%v comes back as %v, %v", n, back, err)
		}
	}
}

func TestWhatIsNoIDIsInvalid(t *testing.T) {
	for name, s := range map[string]string{
		"empty": "", "short": "1CECHNKREP0F1RSTCMT", "long": "1CECHNKREP0F1RSTCMT00", "letter U": "UCECHNKREP0F1RSTCMT0",
		"letter O": "OCECHNKREP0F1RSTCMT0", "bits behind the last byte": "1CECHNKREP0F1RSTCMT1", "line feed": "1CECHNKREP0F1RSTCM\n0",
		"not ASCII": "1CECHNKREP0F1RSTCé0",
	} {
		if id, err := ParseObjectID(s); !errors.Is(err, errs.Invalid) || !id.IsZero() {
			t.Errorf("%s: %v, %v", name, id, err)
		}
	}
	if id, err := ParseNodeID("0000000000001"); !errors.Is(err, errs.Invalid) || id != (NodeID{}) {
		t.Errorf("%v, %v", id, err)
	}
}
