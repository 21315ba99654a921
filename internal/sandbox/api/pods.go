package api

import "net/http"

// podRoutes: the sandbox runs apps only. It says so instead of pretending, also to the HEAD that probes for pods.
func (s *server) podRoutes() methods {
	no := func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r, http.StatusNotImplemented, message("The sandbox runs apps only: pods are not implemented. Use /v2/apps, or a real Marathon."))
	}
	return methods{"GET": no, "POST": no, "PUT": no, "DELETE": no}
}
