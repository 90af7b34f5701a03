package source

import (
	"testing"
	"time"
)

// oracle reads s with package time, in the layouts parseTime documents.
func oracle(s string) (int64, bool) {
	for _, sep := range []string{"T", " "} {
		for _, clock := range []string{"15:04", "15:04:05", "15:04:05.999999999"} {
			for _, zone := range []string{"", "Z", "-07:00", "-0700", "-07"} {
				if t, err := time.Parse("2006-01-02"+sep+clock+zone, s); err == nil {
					return t.UnixMicro(), true
				}
			}
		}
	}
	t, err := time.Parse("2006-01-02", s)
	return t.UnixMicro(), err == nil
}

var timeSeeds = []string{"2013-01-01", "2012-02-29 23:59:59.123456789Z", "1969-12-31T23:59:59.999999", "2000-01-01T00:00", "2001-02-29", "0000-01-01", "0000-03-01 00:00",
	"9999-12-31T23:59:59", "2013-01-01T05:00:00+05:30", "2013-01-01 05:00-0800", "2013-01-01T24:00", "2013-13-01", "2013-01-01T05:00:60", "2013-01-01T05", "1900-02-29", "2000-02-29", "2013-1-1", "2013-01-01T05:00:00.", "2013-01-01T05:00:00.1234567890123",
	"2013-01-01 05:06:07Z", "2013-01-01 05:06:07-00:01", "2013-01-01 05:06:60Z", "2013-01-01 25:06:00+00:00", "2013-01-00", "2013-01-32 00:00:00",
	"2013-01-01 05:06:07+0000Z", "2013-01-01 05:06:07.12345", "2013-01-0:", "2013-0/-01", "2013-01-01_05:06:07", "2013-01-01 0::06:07"}

func checkTime(t *testing.T, s string) {
	t.Helper()
	want, wantOK := oracle(s)
	got, ok := parseTime([]byte(s))
	if ok && (!wantOK || got != want) {
		t.Errorf("%q is %d, package time gives %d, %v", s, got, want, wantOK)
	}
	if !ok && wantOK && len(s) >= 16 && s[10] != ' ' && s[13] == ':' { // package time takes hours of one digit, too
		for _, c := range s {
			if c == ',' { // and a comma before the fraction
				return
			}
		}
		t.Errorf("%q is refused, package time gives %d", s, want)
	}
	var m months
	for range 2 { // the second time it knows the month
		if v, known := m.parse([]byte(s)); known && (!ok || v != got) {
			t.Errorf("%q is %d by months, %d, %v else", s, v, got, ok)
		}
	}
	usual := len(s) == 10 || len(s) == 19 && s[16] == ':' || len(s) == 20 && s[16] == ':' && s[19] == 'Z' || len(s) == 25 && s[16] == ':' && s[19] != '.'
	if _, known := m.parse([]byte(s)); usual && ok && !known {
		t.Errorf("%q is one of the usual, and not known", s)
	}
}

func TestTimes(t *testing.T) {
	for _, s := range timeSeeds {
		checkTime(t, s)
	}
	for day := -800_000; day < 2_900_000; day += 37 {
		d := time.Unix(0, 0).UTC().AddDate(0, 0, day)
		if d.Year() >= 0 && d.Year() <= 9999 {
			checkTime(t, d.Format("2006-01-02T15:04:05"))
		}
	}
}

func FuzzTime(f *testing.F) {
	for _, s := range timeSeeds {
		f.Add(s)
	}
	f.Fuzz(checkTime)
}
