package s3blob

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

func TestAStalledConnectionFails(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	c := stallConn{Conn: here, wait: time.Millisecond}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Write(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write: %v", err)
	}
}
