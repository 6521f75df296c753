{{/* One Deployment per process of `processes`, each probed where it answers: web on 8080, worker on 9090. */}}
{{- define "playdesk.deployment" -}}
{{- $port := ternary 8080 9090 (eq .process "web") -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "playdesk.name" . }}
  labels: {{- include "playdesk.labels" . | nindent 4 }}
spec:
  replicas: {{ .settings.replicas }}
  selector:
    matchLabels: {{- include "playdesk.selector" . | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels: {{- include "playdesk.labels" . | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/path: /metrics
        prometheus.io/port: {{ $port | quote }}
    spec:
      terminationGracePeriodSeconds: 40
      {{- include "playdesk.pod" . | nindent 6 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "playdesk.selector" . | nindent 14 }}
      containers:
        {{- include "playdesk.container" . | nindent 8 }}
          args: [{{ .process | quote }}]
          ports:
            - name: http
              containerPort: {{ $port }}
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 5
            timeoutSeconds: 3
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          {{- if eq .process "web" }}
          lifecycle:
            preStop: # the endpoint is taken out of the Service before the process stops listening
              exec: { command: [sleep, "5"] }
          {{- end }}
          resources: {{- toYaml .settings.resources | nindent 12 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "playdesk.name" . }}
  labels: {{- include "playdesk.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "playdesk.selector" . | nindent 6 }}
{{- end }}

{{/* Before a release: the database brought to its newest revision, then the queues declared. */}}
{{- define "playdesk.migration" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "playdesk.name" . }}
  labels: {{- include "playdesk.labels" . | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 4
  template:
    metadata:
      labels: {{- include "playdesk.labels" . | nindent 8 }}
    spec:
      restartPolicy: Never
      {{- include "playdesk.pod" . | nindent 6 }}
      containers:
        {{- include "playdesk.container" . | nindent 8 }}
          command: [sh, -c, python -m "$SERVICE" migrate && python -m "$SERVICE" declare]
{{- end }}
