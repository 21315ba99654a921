package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := TCP(t.Context(), l.Addr().String()); err != nil {
		t.Errorf("open port: %v", err)
	}
	_ = l.Close()
	if err := TCP(t.Context(), l.Addr().String()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("closed port: %v", err)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/long":
			_, _ = w.Write([]byte(strings.Repeat("x", MaxBody+1)))
		case "/hangs":
			<-r.Context().Done()
		case "/ok":
			_, _ = w.Write([]byte("fine"))
		default:
			http.NotFound(w, r)
		}
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	for _, base := range []string{plain.URL, secure.URL} {
		r, err := HTTP(t.Context(), base+"/ok")
		if err != nil || !r.OK() || r.Status != 200 || string(r.Body) != "fine" {
			t.Errorf("%s: %+v %v", base, r, err)
		}
	}
	if r, err := HTTP(t.Context(), plain.URL+"/moved"); err != nil || r.Status != http.StatusFound || !r.OK() {
		t.Errorf("a redirect is an answer: %+v %v", r, err)
	}
	if r, err := HTTP(t.Context(), plain.URL+"/absent"); err != nil || r.OK() || r.Status != http.StatusNotFound {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := HTTP(t.Context(), plain.URL+"/long"); err != nil || len(r.Body) != MaxBody {
		t.Errorf("%d bytes, %v", len(r.Body), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := HTTP(ctx, plain.URL+"/hangs"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
