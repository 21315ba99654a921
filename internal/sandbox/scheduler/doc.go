// Package scheduler is the sandbox's Marathon core: the tree of groups and apps with their versions, deployments with
// steps and locks, offers and placement, launching, health, backoff and the launch queue. It persists what a restart
// needs before it answers. HTTP lives in package api, processes in package agent.
package scheduler
