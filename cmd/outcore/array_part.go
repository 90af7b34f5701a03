package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/zarr"
)

// An arrayPart is a part of an array that is read, as it is in one snapshot.
type arrayPart struct {
	*place
	array  ndarray.Any   // the part that was selected; not of texts
	column *table.Column // nil when the array is no column of a table
	valid  ndarray.Any   // of a column with nulls: which elements of the part are there
	texts  *zarr.Array   // of texts
	rows   ndarray.Any   // of texts: the numbers of the rows that were selected
}

// time reports elements that are microseconds since 1970.
func (o *arrayPart) time() bool { return o.column != nil && o.column.Field.Kind == source.Time }

// nulls reports a column that has, or had, some.
func (o *arrayPart) nulls() bool { return o.column != nil && o.column.Valid != nil }

// plain reports an array whose elements are what they are stored as.
func (o *arrayPart) plain() bool { return o.texts == nil && !o.time() && !o.nulls() }

// reading opens the array that an address names, as it is in one snapshot.
func (j *job) reading(ctx context.Context, address, selection string) (*arrayPart, error) {
	if err := nodeAddress(address); err != nil {
		return nil, err
	}
	index, err := selected(selection)
	if err != nil {
		return nil, err
	}
	pl, err := openPlace(ctx, address, icechunk.Options{Budget: j.budget})
	if err != nil {
		return nil, err
	}
	o := &arrayPart{place: pl}
	s, err := pl.Snapshot(ctx, pl.ref)
	if err == nil {
		err = inArray(o.open(ctx, s, index), address)
	}
	if err != nil {
		pl.Close()
		return nil, err
	}
	return o, nil
}

func (o *arrayPart) open(ctx context.Context, s zarr.Store, index []ndarray.Index) (err error) {
	if o.column, err = table.ColumnOf(ctx, s, o.node); err != nil {
		return err
	}
	stored, err := zarr.OpenArray(ctx, s, o.node)
	if err != nil {
		return err
	}
	if m := stored.Meta(); m.Type.Name == zarr.StringType().Name && len(m.Shape) == 1 {
		o.texts = stored
		o.rows = ndarray.Arange[int64](0, 1, int(m.Shape[0])).Any().Slice(index...)
	} else {
		if o.array, err = ndarray.OpenAny(ctx, s, o.node); err != nil {
			return err
		}
		o.array = o.array.Slice(index...)
	}
	if o.nulls() {
		if o.valid, err = ndarray.OpenAny(ctx, s, o.column.Valid.Path()); err != nil {
			return err
		}
		o.valid = o.valid.Slice(index...)
	}
	if o.texts != nil {
		return o.rows.Err()
	}
	return o.array.Err()
}

// inArray says which array an error is about, where it does not say so itself.
func inArray(err error, address string) error {
	if err == nil {
		return nil
	}
	err = plainly(err)
	var e *errs.Error
	if errors.As(err, &e) && e == err && e.Pos.File == "" { //nolint:errorlint // only one that is wrapped by nothing
		moved := *e
		moved.Pos.File = address
		if e.Fix == "" && isKind(e, errs.Invalid) && strings.HasSuffix(e.Msg, "it is a group, expected an array") {
			return moved.WithFix("one of its arrays: outcore repo ls '%s' --all", address)
		}
		return &moved
	}
	return err
}

// appendTime writes microseconds since 1970 as RFC 3339 does.
func appendTime(dst []byte, micros int64) []byte {
	return time.UnixMicro(micros).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
}

// micros1970 reads a time as --value gives it.
func micros1970(text string) (int64, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMicro(), nil
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	return 0, usage("--value: found %q, expected a time such as 2013-01-31T15:04:05Z, or microseconds since 1970", text)
}
