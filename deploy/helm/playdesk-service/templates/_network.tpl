{{/* The address of the web processes, and who may call them: a service behind the gateway, by the gateway alone. */}}
{{- define "playdesk.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "playdesk.name" . }}
  labels: {{- include "playdesk.labels" . | nindent 4 }}
spec:
  selector: {{- include "playdesk.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 8080
      targetPort: http
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "playdesk.name" . }}
  labels: {{- include "playdesk.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "playdesk.selector" . | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from: {{- toYaml .top.Values.calledFrom | nindent 8 }}
      ports:
        - port: http
{{- end }}

{{- define "playdesk.ingress" -}}
{{- with .top.Values.ingress }}
{{- if .enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "playdesk.name" $ }}
  labels: {{- include "playdesk.labels" $ | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .className }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    - host: {{ required "ingress.host: the name people type" .host }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "playdesk.name" $ }}
                port: { name: http }
  tls:
    - hosts: [{{ .host }}]
      secretName: {{ required "ingress.tlsSecretName: cookies are Secure, so the address must be https" .tlsSecretName }}
{{- end }}
{{- end }}
{{- end }}

{{/* Everything of one service: what a chart's one template includes. */}}
{{- define "playdesk.everything" -}}
{{- $top := . -}}
{{- range $process, $settings := .Values.processes }}
---
{{ include "playdesk.deployment" (dict "top" $top "process" $process "settings" $settings) }}
{{- end }}
---
{{ include "playdesk.migration" (dict "top" . "process" "migrate") }}
---
{{ include "playdesk.service" (dict "top" . "process" "web") }}
---
{{ include "playdesk.ingress" (dict "top" . "process" "web") }}
{{- end }}
