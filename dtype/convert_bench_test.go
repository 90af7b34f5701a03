package dtype

import "testing"

func BenchmarkConvertFloat32(b *testing.B) {
	src := make([]float64, 1<<16)
	for i := range src {
		src[i] = float64(i)
	}
	dst := make([]byte, 4<<16)
	b.SetBytes(8 << 16)
	for b.Loop() {
		if _, err := Convert(dst, Float32, Bytes(src), Float64, 1); err != nil {
			b.Fatal(err)
		}
	}
}
