package zarr_test

import (
	"context"
	"fmt"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/zarr"
)

func ExampleArray() {
	ctx := context.Background()
	m, err := zarr.NewMeta([]uint64{5}, zarr.NumberType(dtype.Int32), zarr.MetaOptions{Chunks: []uint64{3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := zarr.CreateArray(ctx, zarr.NewMem(), "/weather/gusts", m)
	if err != nil {
		fmt.Println(err)
		return
	}
	var s zarr.Scratch
	defer s.Release()
	if err := a.Write(ctx, []uint32{1}, dtype.Bytes([]int32{7, 8, 0}), &s); err != nil {
		fmt.Println(err)
		return
	}
	chunk := make([]byte, a.ChunkBytes())
	for i := range a.Grid()[0] {
		ok, err := a.Read(ctx, []uint32{i}, chunk, &s)
		fmt.Println(dtype.View[int32](chunk), ok, err)
	}
	// Output:
	// [0 0 0] false <nil>
	// [7 8 0] true <nil>
}
