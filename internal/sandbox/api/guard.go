package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// A guard keeps web pages away from a server that runs commands and listens on loopback without a password by default.
//
// A page in a browser on this machine can send requests to loopback addresses. Two ways, two checks:
//   - Cross-site requests. Browsers put the page's origin into the Origin header of anything but plain reads; whatever is
//     not our own is refused. (What a page can send without a preflight, such as a POST without content type, carries
//     Origin all the same; bodies that are not JSON are refused besides.)
//   - DNS rebinding: a name of the attacker's that resolves to 127.0.0.1 makes the page same-origin, so that it could read
//     answers as well. The Host header gives the name away; only loopback addresses and our own are served.
//
// Programs (Terraform, curl) send no Origin. A real Marathon answers any; here the sandbox is stricter on purpose.
type guard struct {
	base           string // our own URL, "" = that of the request
	user, password string // basic auth when both are set
}

func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		commonHeaders(w)
		switch {
		case !g.hostAllowed(r.Host):
			writeJSON(w, r, http.StatusForbidden, message("Host '"+r.Host+"' is not served here. Use the address that the sandbox printed."))
		case !g.originAllowed(r):
			writeJSON(w, r, http.StatusForbidden, message("Requests of other origins are refused: this server runs commands."))
		case !g.authorized(r):
			w.Header().Set("WWW-Authenticate", `Basic realm="Mesosphere"`)
			writeJSON(w, r, http.StatusUnauthorized, message("Invalid username or password."))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// hostAllowed compares the Host header with loopback addresses and our own.
func (g guard) hostAllowed(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	if ip := net.ParseIP(name); ip != nil && ip.IsLoopback() {
		return true
	}
	own := hostOf(g.base)
	return own != "" && strings.EqualFold(own, host)
}

func (g guard) originAllowed(r *http.Request) bool {
	own := g.base
	if own == "" {
		own = "http://" + r.Host
	}
	for _, o := range r.Header.Values("Origin") {
		if !strings.EqualFold(o, own) {
			return false
		}
	}
	return true
}

func (g guard) authorized(r *http.Request) bool {
	if g.user == "" || g.password == "" {
		return true
	}
	user, password, ok := r.BasicAuth()
	// Digests make both sides equally long: the comparison tells nothing by its time.
	u, p := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	wu, wp := sha256.Sum256([]byte(g.user)), sha256.Sum256([]byte(g.password))
	return ok && subtle.ConstantTimeCompare(u[:], wu[:])&subtle.ConstantTimeCompare(p[:], wp[:]) == 1
}
