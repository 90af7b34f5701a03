package s3blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPartsAreTheWhole(t *testing.T) {
	const partSize = 200_000
	for _, n := range []int{0, 1, 64 << 10, 64<<10 + 1, partSize - 1, partSize, partSize + 1, 3*partSize + 7} {
		want := strings.Repeat("0123456789", n/10+1)[:n]
		for name, open := range map[string]func() io.Reader{
			"at":     func() io.Reader { return strings.NewReader(want) },
			"plain":  func() io.Reader { return struct{ io.Reader }{strings.NewReader(want)} },
			"halves": func() io.Reader { return iotest.HalfReader(strings.NewReader(want)) },
			"eof":    func() io.Reader { return iotest.DataErrReader(struct{ io.Reader }{strings.NewReader(want)}) },
		} {
			for _, size := range []int64{-1, int64(n)} {
				t.Run(fmt.Sprint(n, name, size), func(t *testing.T) {
					p, err := cut(open(), size, partSize, 1)
					if err != nil {
						t.Fatal(err)
					}
					var got bytes.Buffer
					for last := false; !last; {
						var b body
						var release func()
						b, release, last, err = p.next(context.Background())
						if err != nil {
							t.Fatal(err)
						}
						if b.Size() > partSize || !last && b.Size() != partSize {
							t.Fatalf("a part of %d bytes, last %v", b.Size(), last)
						}
						if _, err := got.ReadFrom(b); err != nil {
							t.Fatal(err)
						}
						release()
					}
					if got.String() != want {
						t.Fatalf("parts have %d bytes, want %d", got.Len(), n)
					}
				})
			}
		}
	}
}
