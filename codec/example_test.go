package codec_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"

	"github.com/outcore/outcore/codec"
)

func ExampleOpen() {
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	fmt.Fprint(w, "read before | read after")
	w.Close()

	ctx, stored := context.Background(), bytes.NewReader(file.Bytes())
	r, err := codec.Open(ctx, stored, stored.Size(), codec.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := io.ReadFull(r, make([]byte, len("read before | "))); err != nil {
		fmt.Println(err)
		return
	}
	saved := r.Position()
	r.Close()

	r, err = codec.Open(ctx, stored, stored.Size(), codec.Options{At: saved})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	rest, err := io.ReadAll(r)
	fmt.Printf("%s: %s, %v\n", r.Format(), rest, err)
	// Output: gzip: read after, <nil>
}
