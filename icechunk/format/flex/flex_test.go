package flex

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcore/outcore/errs"
)

type (
	list = []any
	dict = map[string]any
)

// What the official engine 2.3.0 writes for some JSON. Where ours differs it is
// because vectors of numbers get no type of their own.
var written = []struct {
	hex  string
	v    any
	same bool
}{
	{"69735f726f6f740001090101010168022401", dict{"is_root": true}, true},
	{"00002801", list{}, true},
	{"00000100002401", dict{}, true},
	{"010000022801", list{nil}, true},
	{"00010128022801", list{list{}}, true},
	{"00000100010124022801", list{dict{}}, true},
	{"0161000162000206041414042801", list{"a", "b"}, true},
	{"016100000000010007000000010000000f0000000000204000000000010000001c0000001c0000000a140e026a2824232a01",
		list{int64(1), "a", 2.5, nil, true, list{}, dict{}}, true},
	{"0000003f0000c03f084a01", list{0.5, 1.5}, false},
	{"010203035001", list{int64(1), int64(2), int64(3)}, false},
	{"ffffd4fe044101", list{int64(-1), int64(-300)}, false},
	{"610062000178006300640000010401010105280314130f03010301160b081424062401",
		dict{"a": int64(1), "b": "x", "c": dict{"d": list{}}}, true},
	{"6100010301010101086200020c040201020203080802160e020102140b2424042401",
		dict{"a": dict{"a": int64(1)}, "b": dict{"a": int64(2), "b": int64(3)}}, true},
}

func TestWhatTheEngineWrites(t *testing.T) {
	for _, w := range written {
		raw, err := hex.DecodeString(w.hex)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(raw)
		if err != nil {
			t.Errorf("%s: %v", w.hex, err)
		}
		if d := cmp.Diff(w.v, got); d != "" {
			t.Errorf("%s (- want, + got):\n%s", w.hex, d)
		}
		ours, err := Encode(w.v)
		if err != nil {
			t.Errorf("%v: %v", w.v, err)
		}
		if (hex.EncodeToString(ours) == w.hex) != w.same {
			t.Errorf("%v: ours is %x, theirs %s", w.v, ours, w.hex)
		}
	}
}

func TestValuesComeBack(t *testing.T) {
	many := make(list, 300)
	for i := range many {
		many[i] = strings.Repeat("y", i)
	}
	for _, v := range []any{
		nil, true, false, int64(0), int64(127), int64(128), int64(255), int64(256), int64(65535), int64(65536),
		int64(math.MaxUint32), int64(math.MaxUint32 + 1), int64(math.MaxInt64), uint64(math.MaxInt64 + 1), uint64(math.MaxUint64),
		int64(-1), int64(-128), int64(-129), int64(-32768), int64(-32769), int64(math.MinInt32), int64(math.MinInt32 - 1), int64(math.MinInt64),
		0.5, math.Pi, math.SmallestNonzeroFloat64, math.MaxFloat64, math.Inf(-1), math.NaN(), math.Copysign(0, -1),
		"", "größe", strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 70000),
		list{}, dict{}, dict{"": int64(1)}, many,
		dict{"a": many, "b": dict{"a": list{int64(-70000), 2.5, int64(1)}, "bb": many}, "c": nil},
		list{int64(1), list{int64(-1), list{"deep", dict{"deeper": list{true, nil}}}}},
	} {
		raw, err := Encode(v)
		if err != nil {
			t.Errorf("%v: %v", v, err)
			continue
		}
		got, err := Decode(raw)
		if err != nil {
			t.Errorf("%v: %v", v, err)
		}
		if d := cmp.Diff(v, got, cmpopts.EquateNaNs()); d != "" {
			t.Errorf("(- want, + got):\n%.1000s", d)
		}
	}
}

func TestKindsOfNumbersOfGo(t *testing.T) {
	in := list{1, int8(-1), int16(-2), int32(-3), uint(4), uint8(5), uint16(6), uint32(7), uint64(8), float32(0.5),
		json.Number("9"), json.Number("-10"), json.Number("1.25")}
	want := list{int64(1), int64(-1), int64(-2), int64(-3), int64(4), int64(5), int64(6), int64(7), int64(8), 0.5,
		int64(9), int64(-10), 1.25}
	raw, err := Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(want), got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
}

// Types that only others write: typed vectors, indirect numbers, blobs.
func TestTypesOfOtherWriters(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      any
	}{
		{"indirect int", "f0" + "01" + "1801", int64(-16)},
		{"indirect uint", "f0" + "01" + "1c01", int64(240)},
		{"indirect float", "0000c03f" + "04" + "2201", 1.5},
		{"vector of bools", "03010001" + "03" + "9001", list{true, false, true}},
		{"vector of keys", "610062000204" + "04" + "02" + "3801", list{"a", "b"}},
		{"two uints", "0506" + "02" + "4401", list{int64(5), int64(6)}},
		{"four ints", "ff01ff01" + "04" + "5801", list{int64(-1), int64(1), int64(-1), int64(1)}},
		{"blob", "02aabb" + "02" + "6401", []byte{0xaa, 0xbb}},
		{"key", "6b6500" + "03" + "1001", "ke"},
	} {
		raw, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if c.name == "vector of keys" { // offsets of elements point back from where they are
			raw = []byte{'a', 0, 'b', 0, 2, 5, 4, 2, 14 << 2, 1}
		}
		got, err := Decode(raw)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (- want, + got):\n%s", c.name, d)
		}
	}
}

func TestWhatCannotBeSaidIsInvalid(t *testing.T) {
	deep := any(nil)
	for range 100 {
		deep = list{deep}
	}
	for name, v := range map[string]any{
		"text that is not UTF-8": "\xff", "key with a zero": dict{"a\x00b": 1}, "key that is not UTF-8": dict{"\xff": 1},
		"type": struct{}{}, "nested": list{dict{"a": make(chan int)}}, "number": json.Number("1e999"), "depth": deep,
	} {
		if raw, err := Encode(v); !errors.Is(err, errs.Invalid) || raw != nil {
			t.Errorf("%s: %x, %v", name, raw, err)
		}
	}
}

func TestHostileBytesAreCorrupt(t *testing.T) {
	// A vector of two offsets to the vector before, 40 times: 2^40 values.
	bomb := []byte{0}
	at := 1 // an empty vector
	for range 40 {
		bomb = append(bomb, 2)
		elems := len(bomb)
		bomb = append(bomb, byte(elems-at), byte(elems+1-at), typeVector<<2, typeVector<<2)
		at = elems
	}
	bomb = append(bomb, byte(len(bomb)-at), typeVector<<2, 1)
	for name, raw := range map[string][]byte{
		"nothing": nil, "two bytes": {0, 1}, "width 3": {1, 2, 3, 4, 3}, "unknown type": {0, 63 << 2, 1},
		"offset before the start": {9, 5 << 2, 1}, "length beyond the end": {200, 'a', 1, 5 << 2, 1},
		"key without an end": {'a', 1, 4 << 2, 1}, "half float": {1, 3 << 2, 1}, "doubling": bomb,
		"vector in itself": {1, 0, 10 << 2, 2, 10 << 2, 1},
	} {
		if v, err := Decode(raw); !errors.Is(err, errs.Corrupt) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, w := range written {
		raw, _ := hex.DecodeString(w.hex)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := Decode(raw)
		if err != nil {
			return
		}
		again, err := Encode(v)
		if err != nil {
			return // blobs; maps in maps as deep as is allowed
		}
		got, err := Decode(again)
		if err != nil {
			t.Fatalf("%v does not come back: %v", v, err)
		}
		if d := cmp.Diff(v, got, cmpopts.EquateNaNs()); d != "" {
			t.Fatalf("(- read, + written and read):\n%s", d)
		}
	})
}
