package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/api"
)

// server is one HTTP listener of the sandbox.
type server struct {
	listener net.Listener
	http     *http.Server
	done     chan struct{}
}

func (s *server) url() string { return "http://" + s.listener.Addr().String() }

// listen opens both addresses before anything is started, so that the APIs can name each other.
func (s *Sandbox) listen(ctx context.Context) error {
	for _, l := range []struct {
		server  **server
		address string
	}{{&s.api, s.cfg.Listen}, {&s.mesos, "127.0.0.1:0"}} {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.address)
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		*l.server = &server{listener: listener, done: make(chan struct{})}
		s.undo = append(s.undo, func(context.Context) error { _ = listener.Close(); return nil })
	}
	return nil
}

// serve begins to answer on both addresses.
func (s *Sandbox) serve() {
	info := s.info()
	s.undo = append(s.undo,
		s.mesos.start(api.NewMesos(s.core, s.driver.SandboxDir, api.MesosOptions{BaseURL: s.MesosURL(), User: s.cfg.User, Password: s.cfg.Password})),
		s.api.start(api.New(s.core, api.Options{
			User: s.cfg.User, Password: s.cfg.Password, BaseURL: s.URL(), Spec: s.cfg.specOptions(), Logger: s.log,
			Info: func() map[string]any { return info },
		})))
}

// info is the body of /v2/info, with the two things that only this composition knows.
func (s *Sandbox) info() map[string]any {
	info := api.DefaultInfo(s.URL(), s.cfg.specOptions())
	info["frameworkId"] = frameworkID
	config := map[string]any{}
	for key, value := range reflect.ValueOf(info["marathon_config"]).Seq2() {
		config[key.String()] = value.Interface()
	}
	config["mesos_leader_ui_url"] = s.MesosURL()
	info["marathon_config"] = config
	return info
}

// start serves until the returned function is called, which gives requests a moment and then cuts the event streams.
func (s *server) start(handler http.Handler) (stop func(context.Context) error) {
	s.http = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(s.listener) // ends with ErrServerClosed
	}()
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err := s.http.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			err = s.http.Close()
		}
		<-s.done
		return err
	}
}
