// Package flex reads and writes FlexBuffers, the schemaless sibling of
// FlatBuffers, as far as JSON goes: null, booleans, integers, floats, strings,
// vectors, maps.
//
// [Decode] takes any bytes from anyone, with bounds on depth and on how often
// one byte is visited. It reads every type there is, typed vectors and indirect
// numbers too; blobs become []byte. [Encode] chooses the narrowest widths, as
// other writers do, sorts keys, and writes typed vectors never.
package flex
