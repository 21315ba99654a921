// Command wordcount-go counts words, exactly once. It stands in for a Kafka Streams application where there is no JVM: it
// takes the same STREAMS_* environment, uses the names of topics, groups, clients and transactions that Streams would,
// and has the same two stages with a repartition topic between them and a changelog behind its counts. It is not Kafka
// Streams; README.md lists the differences.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds | log.LUTC)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Environ()); err != nil {
		log.Printf("ERROR %v", err)
		os.Exit(1) //nolint:gocritic // nothing is left to do
	}
	log.Print("stopped: work committed, group left")
}

func run(ctx context.Context, environ []string) error {
	cfg, notes, err := readConfig(environ)
	if err != nil {
		return err
	}
	log.Printf("wordcount-go stands in for a Kafka Streams application (it is a small Go program, not Kafka Streams). "+
		"application.id=%s input=%s output=%s client=%s", cfg.ApplicationID, cfg.Input, cfg.Output, cfg.clientID())
	for _, n := range notes {
		log.Print(n)
	}
	health := &health{}
	if cfg.Port != "" {
		ln, err := net.Listen("tcp", cfg.healthAddress())
		if err != nil {
			return fmt.Errorf("health checks on $PORT0: %w", err)
		}
		defer func() { _ = ln.Close() }()
		go health.serve(ln)
	}
	w, err := newWorker(cfg, health)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.run(ctx); err != nil && ctx.Err() == nil {
		return err
	} else if err != nil && !errors.Is(err, context.Canceled) {
		log.Printf("WARN while stopping: %v", err)
	}
	return nil
}
