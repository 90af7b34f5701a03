package icechunktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

// TestClocksThatDiffer commits with a clock that is off: a little is no matter,
// time goes on in the history all the same; an hour is refused, for nobody else
// could commit after it.
func TestClocksThatDiffer(t *testing.T) {
	b, err := blob.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := icechunk.Create(ctx, b, icechunk.Options{Now: func() time.Time { return time.Now().Add(5 * time.Minute) }}); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, skew := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute, time.Hour, -time.Hour, 0} {
		r, err := icechunk.Open(ctx, b, icechunk.Options{Now: func() time.Time { return time.Now().Add(skew) }})
		if err != nil {
			t.Fatal(err)
		}
		message := fmt.Sprint(i, " off by ", skew)
		err = commitOnce("main", message)(r)
		if skew.Abs() < time.Hour {
			want = append(want, message)
			if err != nil {
				t.Errorf("%s: %v", message, err)
			}
		} else if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "1h0m0s") {
			t.Errorf("%s: %v, expected that it is refused", message, err)
		}
	}
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	last := int64(1) << 62
	for c, err := range r.Log(ctx, "main") {
		if err != nil {
			t.Fatal(err)
		}
		if c.Flushed >= last {
			t.Errorf("%s is not older than its child", c.Message)
		}
		last = c.Flushed
		found = append([]string{c.Message}, found...)
	}
	if !slices.Equal(found[1:], want) {
		t.Errorf("log has %q, want %q", found, want)
	}
	last = int64(1) << 62
	for u, err := range r.Updates(ctx) {
		if err != nil || u.At >= last {
			t.Errorf("update %+v, %v: not older than the next", u, err)
		}
		last = u.At
	}
}
