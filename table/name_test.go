package table

import (
	"net/url"
	"strings"
	"testing"

	"github.com/outcore/outcore/zarr"
)

func TestNamesOfArrays(t *testing.T) {
	for column, want := range map[string]string{
		"dep_delay": "dep_delay", "Überzug %": "Überzug %", "100%": "100%", "a b.c": "a b.c",
		"dep/delay": "dep%2Fdelay", "a%2Fb": "a%252Fb", "": "%FF", "..": "%2E.", ".": "%2E", "...x": "...x",
		"__x": "%5F_x", "zarr.json": "%7Aarr.json", "delay__valid": "delay__vali%64", "__valid": "%5F_vali%64",
		"a\tb": "a%09b", "valid": "valid",
	} {
		got := arrayName(column)
		if got != want {
			t.Errorf("arrayName(%q) = %q, want %q", column, got, want)
		}
		if err := zarr.CheckPath("/t/" + got); err != nil {
			t.Errorf("%q: %v", column, err)
		}
	}
}

func FuzzNamesOfArrays(f *testing.F) {
	for _, s := range []string{"", "%", "%%41", "a/%2F", "__valid", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, column string) {
		if checkNames([]string{column}) != nil {
			return
		}
		name := arrayName(column)
		if err := zarr.CheckPath("/" + name); err != nil || strings.HasSuffix(name, validSuffix) {
			t.Fatalf("%q becomes %q: %v", column, name, err)
		}
		// A % that no two digits follow stands for itself.
		var b strings.Builder
		for i := 0; i < len(name); i++ {
			if name[i] == '%' && (i+2 >= len(name) || !isHex(name[i+1]) || !isHex(name[i+2])) {
				b.WriteString("%25")
				continue
			}
			b.WriteByte(name[i])
		}
		back, err := url.PathUnescape(b.String())
		if back == "\xff" {
			back = ""
		}
		if err != nil || back != column {
			t.Fatalf("%q becomes %q, which reads back as %q (%v)", column, name, back, err)
		}
	})
}
