package powerblob

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/drivertest"
)

func TestDriver(t *testing.T) {
	drivertest.Run(t, func(*testing.T) drivertest.Place {
		d := New()
		return d.Open
	}, drivertest.Config{Rounds: 5})
}

func found(d *Disk, moment int) []string {
	all := map[string]bool{}
	for s := range d.States(moment, 1000, rand.New(rand.NewPCG(1, 1))) {
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(s.objects)) {
			b.WriteString(k + "=" + strings.ReplaceAll(string(s.objects[k]), "\x00", "0") + " ")
		}
		all[strings.TrimSpace(b.String())] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func TestStates(t *testing.T) {
	d, ctx := New(), context.Background()
	put := func(key, s string, opts blob.PutOptions) {
		t.Helper()
		if _, err := d.Put(ctx, key, strings.NewReader(s), int64(len(s)), opts); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "1", blob.PutOptions{IfAbsent: true}) // moments 1, 2
	put("b", "xy", blob.PutOptions{Lazy: true})    // 3, 4
	put("a", "2", blob.PutOptions{})               // 5, 6
	if err := d.Open().Sync(ctx); err != nil {     // 7, 8: of another process, for what that put
		t.Fatal(err)
	}
	if err := d.Sync(ctx); err != nil { // 9, 10
		t.Fatal(err)
	}
	if err := d.Delete(ctx, "a"); err != nil { // 11, 12
		t.Fatal(err)
	}
	torn := []string{"a=1", "a=1 b=x", "a=1 b=x0", "a=1 b=xy"}
	both := append(slices.Clone(torn), "a=2", "a=2 b=x", "a=2 b=x0", "a=2 b=xy")
	for moment, want := range [][]string{
		{""}, {"", "a=1"}, {"a=1"}, torn, torn, both, both[4:], both[4:], both[4:], both[4:], {"a=2 b=xy"}, {"a=2 b=xy", "b=xy"}, {"b=xy"},
	} {
		if got := found(d, moment); !slices.Equal(got, want) {
			t.Errorf("moment %d: %q, want %q", moment, got, want)
		}
	}
	if d.Moments() != 12 {
		t.Errorf("%d moments, want 12", d.Moments())
	}
}

func TestStatesAreBounded(t *testing.T) {
	d, ctx := New(), context.Background()
	for _, key := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		if _, err := d.Put(ctx, key, strings.NewReader("content"), 7, blob.PutOptions{Lazy: true}); err != nil {
			t.Fatal(err)
		}
	}
	n, sizes := 0, map[int]bool{}
	for s := range d.States(d.Moments(), 50, rand.New(rand.NewPCG(1, 1))) {
		n++
		sizes[len(s.objects)] = true
	}
	if n != 50 || !sizes[0] || !sizes[26] || len(sizes) < 5 {
		t.Errorf("%d states of sizes %v, want 50 with none, all and some objects", n, sizes)
	}
}
