{{/* A container of the service: never root, nothing writable but /tmp, settings from `env` and from one Secret. */}}
{{- define "playdesk.container" -}}
- name: {{ .process }}
  image: {{ include "playdesk.image" .top | quote }}
  imagePullPolicy: {{ .top.Values.image.pullPolicy }}
  envFrom:
    - secretRef:
        name: {{ required "secretName: the Secret with DATABASE_URL, PLAYDESK_BUS_URL and the keys" .top.Values.secretName }}
    {{- if and (eq .process "migrate") .top.Values.ownerSecretName }}
    - secretRef:
        name: {{ .top.Values.ownerSecretName }}
    {{- end }}
  env:
    {{- range $name, $value := .top.Values.env }}
    - name: {{ $name }}
      value: {{ $value | toString | quote }}
    {{- end }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
  volumeMounts:
    - name: tmp
      mountPath: /tmp
{{- end }}

{{- define "playdesk.pod" -}}
serviceAccountName: {{ .top.Values.serviceAccountName | default "default" }}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .top.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
{{- end }}
