package parquet

import "testing"

// TestTextCodesTellTextsApart adds every text of up to 6 letters of four, with
// NUL among them, and longer ones, twice.
func TestTextCodesTellTextsApart(t *testing.T) {
	const letters = "a\x00\xffb"
	list := []string{""}
	for from, n := 0, 0; n < 6; n++ {
		to := len(list)
		for _, s := range list[from:to] {
			for _, c := range []byte(letters) {
				list = append(list, s+string([]byte{c}))
			}
		}
		from = to
	}
	for _, s := range list[1:300] {
		list = append(list, "a long one "+s, s+" and another")
	}
	d := newTexts()
	d.reset()
	for range 2 {
		for i, s := range list {
			code, ok := d.code([]byte(s), len(list))
			if !ok || int(code) != i || string(d.at(i)) != s {
				t.Fatalf("text %d, %q: code %d, %v", i, s, code, ok)
			}
		}
	}
	if _, ok := d.code([]byte("one more"), len(list)); ok {
		t.Error("more than the limit")
	}
}
